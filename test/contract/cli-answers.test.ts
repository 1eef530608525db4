import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { forgetSignals, fxpd, fxpdAnswered } from "../support/in-process.ts";
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

/** Starts a server, and writes the file of a host for it. */
async function host(name: string, script: Script = {}): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  const keys = `address: ${server.address}\nport: ${server.port}\nuser: u\ntls: off\npasswordFrom: {env: FXPD_PW}\n`;
  await writeFile(join(root, `config/hosts/${name}.yaml`), keys);
  vi.stubEnv("FXPD_PW", "secret");
  return server;
}

test("ls lists a tree by name, size or time, with a total, as lines or as JSON; what matches a pattern, or one file", async () => {
  const tree = join(root, "tree");
  await mkdir(join(tree, "deep"), { recursive: true });
  for (const [name, text] of [
    ["large", "333"],
    ["deep/small", "1"],
  ] as const)
    await writeFile(join(tree, name), text);
  await symlink("large", join(tree, "link"));
  const names = (out: string) => out.match(/\S+$/gm);
  const all = await fxpd("ls", "--recursive", "--total", tree);
  expect(all).toMatchObject({
    status: 0,
    out: expect.stringContaining("total: 3 files, 1 directory, 4 bytes"),
  });
  expect(all.out).toContain("link -> large");
  expect(names((await fxpd("ls", "--recursive", "--sort", "size", tree)).out)?.[0]).toBe("large");
  expect(names((await fxpd("ls", "--sort", "time", tree)).out)).toHaveLength(3);
  const json = (await fxpd("ls", "--json", "--total", "--recursive", tree)).out.trim().split("\n");
  expect(json.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
    ...Array<string>(4).fill("entry"),
    "total",
    "summary",
  ]);
  expect(names((await fxpd("ls", `${tree}/l*e`)).out)).toEqual(["large"]);
  expect(names((await fxpd("ls", `${tree}/large`)).out)).toEqual(["large"]);
  expect(await fxpd("ls", `${tree}/none`)).toMatchObject({ status: 1 });
  expect(await fxpd("ls", "--sort", "colour", tree)).toMatchObject({ status: 2 });
});

test("what is said of a login directory has one colon, and a server that lets nobody in is status 3", async () => {
  await using _shut = await host("closed", { PASS: "530 not you" });
  expect(await fxpd("ls", "closed:")).toMatchObject({ status: 3 });
  await using _open = await host("open");
  const { status, err } = await fxpd("rm", "-r", "-f", "open:");
  expect(status).toBe(4);
  expect(err).toMatch(/^fxpd: open: is the login directory; nothing was deleted$/m);
});

test("import takes a job with its host, says what it does not take, and leaves a host of another server alone", async () => {
  const crontab = join(root, "crontab.txt");
  for (const jobs of ["imported", "imported-again"]) await mkdir(join(root, jobs));
  await writeFile(crontab, "0 1 * * * lftp -c 'open -u me,s3 a.example; mirror b /c'\n");
  const first = await fxpd("import", "--json", "--jobs", join(root, "imported"), crontab);
  expect(first).toMatchObject({ status: 0, out: expect.stringContaining('"hosts":1,"jobs":1') });
  await writeFile(join(root, "config/hosts/a.example.yaml"), "address: other.example\n");
  const again = await fxpd("import", "--jobs", join(root, "imported-again"), crontab);
  expect(again).toMatchObject({ status: 1, out: expect.stringContaining("it is another server") });
  expect(again.out).toMatch(/not taken: .*: its host a\.example is another server in the configuration/);
  await rm(join(root, "config/hosts/a.example.yaml"));
  const wide = Buffer.concat([
    Buffer.from([0xff, 0xfe]),
    Buffer.from("machine w.example login me\n", "utf16le"),
  ]);
  await writeFile(join(root, "wide"), wide);
  const written = await fxpd("import", "--format", "netrc", "-n", join(root, "wide"));
  expect(written).toMatchObject({
    status: 0,
    out: expect.stringContaining("w.example.yaml: would be written"),
  });
  await expect(fxpd("import", "--format", "putty", crontab)).rejects.toThrow("--format: expected filezilla");
  await expect(fxpd("import", join(root, "a"))).rejects.toThrow("it is not a file");
});

test("host add asks for what no option says, and refuses what cannot be a host", async () => {
  await using server = await scriptedServer();
  const options = ["--port", String(server.port), "--tls", "off"];
  const { address } = server;
  const asked = await fxpdAnswered(["host", "add", "asked", ...options], [address, "u", "stdin", "secret"]);
  expect(asked).toMatchObject({ status: 0, err: expect.stringContaining("Address of the server: ") });
  expect(await readFile(join(root, "config/hosts/asked.password"), "utf8")).toBe("secret\n");
  expect(asked.out).toContain("asked.password: written");
  const json = await fxpdAnswered(
    ["host", "add", "anonymous", ...options, "--address", address, "--user", "anonymous", "--json"],
    [],
  );
  expect(json).toMatchObject({ status: 0, out: expect.stringContaining('"user":"anonymous"') });
  const known = ["--address", address, "--user", "u"];
  for (const [name, more, because] of [
    ["no/name", [], "is not a valid name for a host"],
    ["asked", [], "the host asked exists already"],
    [
      "bad",
      ["--password-from", "env:FXPD_PW", "--tls", "maybe"],
      "--tls: expected required, prefer, off or implicit",
    ],
    ["bad", ["--password-from", "hunter2"], "--password-from: expected env:NAME"],
    ["bad", ["--password-from", "env:"], "--password-from: expected env:NAME"],
    ["bad", ["--port", "0", "--password-from", "env:FXPD_PW"], "--port: "],
    ["bad", ["--password-from", "netrc", ...options], "no password for u at"],
    ["bad", ["--password-from", "stdin", ...options], "expected a password"],
    ["bad", ["--password-from", "command:false", ...options], "bad"],
  ] as const) {
    const { status, err } = await fxpdAnswered(["host", "add", name, ...known, ...more], []);
    expect({ status, err }, more.join(" ")).toEqual({
      status: expect.toBeOneOf([2, 3]),
      err: expect.stringContaining(because),
    });
    expect(err).not.toContain("hunter2");
  }
  expect(
    await fxpdAnswered(
      ["host", "add", "later", ...known, "--password-from", "env:FXPD_PW", "--no-login"],
      [],
    ),
  ).toMatchObject({ status: 0, err: "" });
});

test("ftp carries out a script from a file or from standard input; called as ftp its status is 0", async () => {
  await using server = await host("console");
  server.files.set("greeting", Buffer.from("hello\n"));
  const script = join(root, "commands");
  await writeFile(
    script,
    `open ${server.address} ${server.port}\nuser u secret\nget greeting -\nget missing -\nbye\n`,
  );
  const { ftpCommand } = await import("../../src/cli/commands/ftp.ts");
  let out = "";
  vi.spyOn(process.stdout, "write").mockImplementation(
    (text) => ((out += Buffer.from(text).toString()), true),
  );
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    expect(await ftpCommand(["-n", "-f", script], false)).toBe(1);
    expect(await ftpCommand(["-n", "-f", script], true)).toBe(0);
    expect(await ftpCommand(["-n", "--json", "-f", script], false)).toBe(1);
    await expect(ftpCommand(["-n", "-f", join(root, "none")], false)).rejects.toThrow("none cannot be read");
  } finally {
    vi.restoreAllMocks();
  }
  expect(out).toContain("hello\n");
  expect(out).toContain('"event":"summary"');
});

test("what a run needs of Redis is one sentence where Redis is not there, and status 3", async () => {
  await mkdir(join(root, "elsewhere"));
  const lines = 'redis: {url: "redis://127.0.0.1:1/0"}\ndataDirectory: ../data\n';
  await writeFile(join(root, "elsewhere/daemon.yaml"), lines);
  const { status, err } = await fxpd("runs", "--config", join(root, "elsewhere"));
  expect({ status, err }).toEqual({
    status: 3,
    err: "fxpd: no Redis at 127.0.0.1:1: connection refused (ECONNREFUSED)\n",
  });
});

test("routes shows what was learned of two servers, forgets it, and then says that there is nothing", async () => {
  const [one, two] = [await host("from"), await host("onto")];
  one.files.set("/file", Buffer.from("content"));
  try {
    expect(await fxpd("copy", "from:/file", "onto:/")).toMatchObject({ status: 0 });
    const table = await fxpd("routes", "from", "onto");
    expect(table.out).toMatch(/^.+ → .+\n.*source-pasv +works/m);
    const json = (await fxpd("routes", "--json", "from", "onto")).out.trim().split("\n");
    expect(json.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ event: "route", where: "files" }),
    );
    expect((await fxpd("routes", "--forget", "from", "onto")).out).toContain("forgotten: ");
    expect((await fxpd("routes", "--forget", "--json", "from")).err).toBe("");
    const nothing = await fxpd("routes", "--forget", "from", "onto");
    expect(nothing).toMatchObject({
      status: 0,
      out: "",
      err: "fxpd: nothing has been learned about from → onto\n",
    });
    expect(await fxpd("routes", "--forget")).toMatchObject({ status: 2 });
    expect(await fxpd("routes", "nobody")).toMatchObject({ status: 2 });
  } finally {
    await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
  }
});

test("filter asks the rules of a job and says what a name leaves open; a path that is none is refused", async () => {
  const job = `mirror: {from: "${root}/a", to: "${root}/m"}\nexclude: ["*.tmp"]\nminSize: 1\nsettle: 1m\n`;
  await writeFile(join(root, "mirrored.yaml"), job);
  const asked = ["--job", join(root, "mirrored.yaml"), "./a.iso", "b.tmp", "deep/"];
  const { status, out } = await fxpd("filter", ...asked);
  expect(status).toBe(1);
  expect(out).toMatch(/^\? a\.iso .*; the job's settle, minSize may still leave it out$/m);
  expect(out).toMatch(/^- b\.tmp /m);
  expect(out).toMatch(/^\+ deep\/ /m);
  const json = await fxpd("filter", "--json", ...asked);
  expect(json.out).toContain('"dependsOn":["settle","minSize"]');
  expect(json.out).toContain('"wanted":2,"leftOut":1');
  await expect(fxpd("filter", "../a")).rejects.toThrow("is not a path below the source directory");
});

test("check names each fault, as lines or as JSON", async () => {
  const directory = join(root, "faulty");
  await mkdir(join(directory, "hosts"), { recursive: true, mode: 0o700 });
  await writeFile(join(directory, "hosts/edge.yaml"), "adress: a.example\n");
  const words = ["check", "--config", directory, "--jobs", join(root, "b")];
  expect(await fxpd(...words)).toMatchObject({ status: 2, err: expect.stringContaining("adress") });
  expect((await fxpd(...words, "--json")).out).toContain('"event":"fault"');
});

test("runs, next and skip say what is wrong with what they are asked, and answer in JSON", async () => {
  expect(await fxpd("runs", "--job", "never")).toMatchObject({
    out: "",
    err: "fxpd: no runs of never yet\n",
  });
  expect(await fxpd("runs", "--limit", "0")).toMatchObject({ status: 2 });
  expect(await fxpd("skip", "nightly", "tomorrow")).toMatchObject({
    status: 2,
    err: expect.stringContaining('"tomorrow" is not a time'),
  });
  expect((await fxpd("skip", "nightly", "--json")).out).toContain('"skipped":true');
  expect((await fxpd("skip", "nightly", "--undo", "--json")).out).toContain('"skipped":false');
  expect((await fxpd("pause", "nightly", "--json")).out).toContain('"paused":true');
  expect((await fxpd("resume", "nightly", "--json")).out).toContain('"paused":false');
  expect(await fxpd("history", "nightly", "--limit", "0")).toMatchObject({ status: 2 });
});
