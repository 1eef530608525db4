import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { commandsScene, type CommandsScene } from "../support/commands-scene.ts";
import { scriptedServer, type ScriptedServer, type Script } from "../support/scripted-server.ts";

// Commands in this process, on a real Redis and on directories of this machine: what they print, and their exit status.

let scene: CommandsScene;
let root: string;

beforeAll(async () => {
  scene = await commandsScene();
  ({ root } = scene);
});
afterEach(forgetSignals);
afterAll(() => scene[Symbol.asyncDispose]());

test("check says that everything is valid", async () => {
  expect(await fxpd("check")).toMatchObject({ status: 0, out: expect.stringContaining("valid") });
});

test("a run is submitted, listed, shown, paused, resumed and cancelled; the audit trail has each order", async () => {
  const submitted = await fxpd("submit", "nightly", "--json");
  expect(submitted).toMatchObject({ status: 0, err: "" });
  const { id } = JSON.parse(submitted.out) as { id: string };
  for (const args of [["runs"], ["show", id], ["runs", "--job", "nightly", "--json"]])
    expect(await fxpd(...args)).toMatchObject({ status: 0, out: expect.stringContaining(id) });
  for (const what of ["pause", "resume", "cancel"])
    expect(await fxpd(what, id), what).toMatchObject({ status: 0 });
  expect(await fxpd("logs", id)).toMatchObject({ err: "" });
  expect(await fxpd("retry", id)).toMatchObject({ status: 2 });
  const audit = await fxpd("audit");
  for (const what of ["submit", "pause", "resume", "cancel"]) expect(audit.out).toContain(what);
  expect(await fxpd("history", "nightly")).toMatchObject({ status: 0 });
});

test("a queued run that is cancelled is followed by the jobs of --jobs; a directory without its job is told", async () => {
  const jobs = join(root, "elsewhere");
  await mkdir(jobs);
  await writeFile(join(jobs, "other.yaml"), "copy: {from: /a, to: /b}\n");
  await writeFile(join(jobs, "next.yaml"), "copy: {from: /a, to: /b}\nafter: {job: other, on: always}\n");
  const submitted = async () => {
    const { out } = await fxpd("submit", "other", "--jobs", jobs, "--json");
    return (JSON.parse(out) as { id: string }).id;
  };
  expect(await fxpd("cancel", await submitted())).toMatchObject({
    status: 0,
    err: `fxpd: warning: no job other found in ${join(root, "jobs")}; if jobs that follow it are in another directory (--jobs), they were not started\n`,
  });
  expect((await fxpd("runs", "--job", "next")).out).toBe("");
  expect(await fxpd("cancel", await submitted(), "--jobs", jobs)).toMatchObject({ status: 0, err: "" });
  const { out } = await fxpd("runs", "--job", "next", "--json");
  const { id } = JSON.parse(out) as { id: string };
  expect(await fxpd("cancel", id, "--jobs", jobs)).toMatchObject({ status: 0 });
});

test("a schedule is shown, one due time skipped, and the skip undone", async () => {
  expect((await fxpd("next")).out).toContain("nightly");
  expect((await fxpd("skip", "nightly")).out).toContain("will be skipped");
  expect((await fxpd("next", "nightly", "--json")).out).toContain('"skipped":true');
  expect((await fxpd("skip", "nightly", "--undo")).out).toContain("will take place");
});

test("a job is paused and resumed by its name", async () => {
  expect(await fxpd("pause", "nightly")).toMatchObject({ status: 0 });
  expect((await fxpd("next", "nightly")).out).toContain("paused");
  expect(await fxpd("resume", "nightly")).toMatchObject({ status: 0 });
});

test("an unknown run or job is one sentence, and status 2", async () => {
  for (const args of [
    ["show", "none_1"],
    ["submit", "none"],
    ["skip", "none"],
    ["cancel", "none_1"],
  ]) {
    const { status: ended, err } = await fxpd(...args);
    expect([ended, err.trim().split("\n").length], args.join(" ")).toEqual([2, 1]);
  }
});

test("run carries out a job here; copy, mirror and diff do with directories what they say", async () => {
  expect(await fxpd("run", "nightly", "-q")).toMatchObject({ status: 0 });
  expect(await readFile(join(root, "b/one"), "utf8")).toBe("1");
  expect(await fxpd("copy", join(root, "a/two"), join(root, "b/"), "--json")).toMatchObject({ status: 0 });
  expect((await fxpd("diff", "--compare", "size", join(root, "a"), join(root, "b"))).status).toBe(0);
  await writeFile(join(root, "a/three"), "333");
  expect((await fxpd("diff", "--compare", "size", join(root, "a"), join(root, "b"))).status).toBe(1);
  expect(await fxpd("mirror", "--compare", "size", join(root, "a"), join(root, "b"))).toMatchObject({
    status: 0,
  });
  expect(await readFile(join(root, "b/three"), "utf8")).toBe("333");
  expect((await fxpd("ls", `${root}/b`)).out).toContain("three");
});

test("filter says which rule decides; routes says what is remembered", async () => {
  const { out } = await fxpd("filter", "x.tmp", "--exclude", "*.tmp");
  expect(out).toContain("*.tmp");
  expect(await fxpd("routes")).toMatchObject({ status: 0 });
});

test("run starts the hooks of a job around it, and exits with 1 when the last one fails", async () => {
  const before = "beforeRun: [/bin/sh, -c, 'test ! -e c && echo $FXPD_JOB > before']";
  const after = "afterRun: [/bin/sh, -c, 'echo $FXPD_OUTCOME > after; exit 4']";
  const copy = `copy: {from: "${root}/a/two", to: "${root}/c/"}`;
  await writeFile(join(root, "hooked.yaml"), `${copy}\nhooks: {${before}, ${after}}\n`);
  const { status: ended } = await fxpd(
    "run",
    join(root, "hooked.yaml"),
    "--report",
    join(root, "report.json"),
  );
  expect(ended).toBe(1);
  expect(JSON.parse(await readFile(join(root, "report.json"), "utf8"))).toMatchObject({
    summary: { outcome: "partial" },
  });
  expect(await readFile(join(root, "before"), "utf8")).toBe("hooked\n");
  expect(await readFile(join(root, "after"), "utf8")).toBe("succeeded\n");
  expect(await readFile(join(root, "c/two"), "utf8")).toBe("22");
});

/** Starts a server, and writes the file of a host for it. */
async function host(name: string, script: Script = {}): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  const keys = `address: ${server.address}\nport: ${server.port}\nuser: u\ntls: off\npasswordFrom: {env: FXPD_PW}\n`;
  await writeFile(join(root, `config/hosts/${name}.yaml`), keys);
  vi.stubEnv("FXPD_PW", "secret");
  return server;
}

test("probe and host test say what a server can do; a refused login is status 3", async () => {
  await using _good = await host("good");
  await using _shut = await host("shut", { PASS: "530 not you" });
  expect(await fxpd("probe", "--read-only", "good")).toMatchObject({
    status: 0,
    out: expect.stringContaining("MLSD"),
  });
  expect(await fxpd("host", "test", "good")).toMatchObject({ status: 0, err: "" });
  const refused = { status: 3, err: expect.stringContaining("login as u refused: 530 not you") };
  expect(await fxpd("host", "test", "shut")).toMatchObject(refused);
  expect(await fxpd("probe", "shut")).toMatchObject(refused);
});

test("doctor names the methods that work between two servers, and the servers that let nobody in", async () => {
  await using _one = await host("one");
  await using _two = await host("two");
  await using _shut = await host("shut", { PASS: "530 not you" });
  expect(await fxpd("doctor", "one", "two")).toMatchObject({
    status: 0,
    out: expect.stringContaining("source-pasv"),
  });
  expect(await fxpd("doctor", "one", "shut")).toMatchObject({ status: 3 });
});

test("host add writes the file of a host after a login, and never over another", async () => {
  await using server = await scriptedServer();
  vi.stubEnv("FXPD_PW", "secret");
  const account = ["--user", "u", "--password-from", "env:FXPD_PW", "--tls", "off"];
  const options = ["--address", server.address, "--port", String(server.port), ...account];
  expect(await fxpd("host", "add", "fresh", ...options)).toMatchObject({ status: 0, err: "" });
  const file = join(root, "config/hosts/fresh.yaml");
  expect(await readFile(file, "utf8")).toContain(server.address);
  expect(await fxpd("host", "add", "fresh", ...options)).toMatchObject({ status: 2 });
  expect(server.commands).toContain("PASS secret");
});

test("import shows what it would write, writes it, and leaves it alone the next time", async () => {
  const netrc = join(root, "netrc");
  await writeFile(netrc, "machine ftp.example.org login me password hidden\n", { mode: 0o600 });
  const tried = await fxpd("import", "--format", "netrc", "--dry-run", netrc);
  expect(tried).toMatchObject({ status: 0 });
  expect(`${tried.out}${tried.err}`).not.toContain("hidden");
  expect(await fxpd("import", "--format", "netrc", netrc)).toMatchObject({ status: 0 });
  expect(await fxpd("import", "--format", "netrc", netrc)).toMatchObject({ status: 0 });
  await expect(fxpd("import", join(root, "missing"))).rejects.toThrow("no such file or directory (ENOENT)");
});

test("restore lists the folders of the trash, and moves a deleted file back", async () => {
  for (const directory of ["from", "to"]) await mkdir(join(root, directory));
  await writeFile(join(root, "from/kept"), "1");
  await writeFile(join(root, "to/old"), "old");
  const [from, to] = [join(root, "from"), join(root, "to")];
  const deletion = ["--delete", "--max-delete", "100%", "--trash", ".trash"];
  const list = ["restore", to, "--trash", ".trash", "--list"];
  const none = "no run has moved files to this directory";
  expect(await fxpd(...list)).toEqual({ status: 0, out: "", err: `fxpd: ${join(to, ".trash")}: ${none}\n` });
  expect(await fxpd("mirror", ...deletion, from, to)).toMatchObject({ status: 0 });
  expect(await fxpd(...list)).toMatchObject({ status: 0, err: "" });
  expect((await fxpd(...list, "kept")).err).toContain("no run has moved that here");
  expect(await fxpd("restore", to, "old", "--trash", ".trash")).toMatchObject({ status: 0 });
  expect(await readFile(join(to, "old"), "utf8")).toBe("old");
});

test("workers says that none is running; audit --verify finds the chain of entries intact", async () => {
  expect((await fxpd("workers")).err).not.toContain("Error");
  expect(await fxpd("audit", "--verify")).toMatchObject({ status: 0 });
});

test("diff and restore write a log file, each with what was started and how it ended", async () => {
  const [left, right, log] = [join(root, "left"), join(root, "right"), join(root, "compared.log")];
  for (const directory of [left, join(right, ".trash/2026-01-31T02-15-00")])
    await mkdir(directory, { recursive: true });
  await writeFile(join(left, "with space"), "1");
  await writeFile(join(right, ".trash/2026-01-31T02-15-00/back"), "2");
  expect(await fxpd("diff", "--log-file", log, left, right)).toMatchObject({ status: 1 });
  expect(await fxpd("restore", "--log-file", log, "--trash", ".trash", right)).toMatchObject({ status: 0 });
  const text = await readFile(log, "utf8");
  expect(text).toMatch(/^[0-9TZ:.-]+ started: fxpd diff .*left .*right$/m);
  expect(text).toMatch(/ \+ with space  not on the target$/m);
  expect(text).toMatch(/ started: fxpd restore .*right$/m);
  expect(text).toMatch(/ succeeded: /);
  expect(await readFile(join(right, "back"), "utf8")).toBe("2");
});

test("commands for files by name write a log file, with what was done and what failed", async () => {
  const [tree, log] = [join(root, "small"), join(root, "small.log")];
  const file = join(tree, "a b");
  const said = (...args: string[]) => fxpd(...args, "--log-file", log);
  expect(await said("mkdir", "-p", tree)).toMatchObject({ status: 0, out: "" });
  expect(await said("touch", file)).toMatchObject({ status: 0, out: "" });
  expect(await said("ls", tree)).toMatchObject({ status: 0 });
  expect(await said("rm", "--json", join(tree, "none"), file)).toMatchObject({ status: 1 });
  expect(await said("cat", file)).toMatchObject({ status: 1 });
  const lines = (await readFile(log, "utf8")).split("\n").map((line) => line.replace(/^\S+Z /, ""));
  for (const line of [
    `started: fxpd mkdir ${tree}`,
    `make-directory ${tree}: it was missing`,
    `created ${file}`,
    "succeeded: 1 file, 0 directories, 0 bytes",
    `fxpd: ${join(tree, "none")}: no such file or directory`,
    `fxpd: ${file}: no such file`,
  ])
    expect(lines).toContain(line);
  expect(lines.join("\n")).toMatch(/^partial: 1 deleted, 1 failed, in /m);
});

test("a name that ends in a slash means a directory, and no file that has the name", async () => {
  const tree = join(root, "slashes");
  const file = join(tree, "file");
  await mkdir(tree);
  await writeFile(file, "1");
  for (const words of [
    ["rm", `${file}/`],
    ["rm", "-rf", `${file}/`],
    ["mv", `${file}/`, join(tree, "other")],
    ["chmod", "600", `${file}/`],
    ["touch", `${file}/`],
    ["touch", `${join(tree, "new")}/`],
  ]) {
    const { status, err } = await fxpd(...words);
    expect(status, words.join(" ")).toBe(1);
    expect(err, words.join(" ")).toContain("is not a directory");
  }
  expect(await readdir(tree)).toEqual(["file"]);
  expect(await readFile(file, "utf8")).toBe("1");
  expect(await fxpd("chmod", "700", `${tree}/`)).toMatchObject({ status: 0 });
  expect(await fxpd("rm", "-r", `${tree}/`)).toMatchObject({ status: 0 });
});

test("an audit trail without a row says so, on standard error", async () => {
  const { out, err } = await fxpd("audit", "--since", "2999-01-01");
  expect({ out, err }).toEqual({ out: "", err: "fxpd: the audit trail has no entries since 2999-01-01\n" });
  const inJson = await fxpd("audit", "--since", "2999-01-01", "--json");
  expect(inJson.err).toBe("");
  expect(JSON.parse(inJson.out)).toMatchObject({ event: "summary", outcome: "succeeded" });
  for (const wrong of [
    ["--limit", "0"],
    ["--since", "soon"],
  ])
    expect(await fxpd("audit", ...wrong), wrong.join(" ")).toMatchObject({ status: 2 });
});
