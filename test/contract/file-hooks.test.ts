import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type AttackedWorker, workerForEach } from "../support/attacked-worker.ts";
import { forgetSignals, fxpd } from "../support/in-process.ts";

// Programs after files and directories, as real processes, by `fxpd run` and by a worker.

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "fxpd-file-hooks-"));
  vi.stubEnv("FXPD_STATE", join(root, "state"));
  for (const directory of ["config", "jobs", "out"]) await mkdir(join(root, directory), { mode: 0o700 });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  forgetSignals();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

async function files(top: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(top, name)), { recursive: true });
    await writeFile(join(top, name), name);
  }
}

async function run(...job: readonly string[]) {
  await writeFile(join(root, "jobs/nightly.yaml"), `${job.join("\n")}\n`);
  const places = ["--config", join(root, "config"), "--jobs", join(root, "jobs")];
  const { status, out, err } = await fxpd("run", "nightly", "--json", ...places);
  const events = out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Told]));
  const notes = events.flatMap(({ event, because }) => (event === "note" ? [because] : []));
  return { status, summary: events.at(-1), notes, err };
}

interface Told {
  readonly event: string;
  readonly because?: string;
  readonly outcome?: string;
}

/** A program that puts what it is told into a file of its own. */
const KEEP = `[/bin/sh, -c, 'n=$(mktemp ../out/XXXXXX) && env > $n.env && cat > $n.json']`;

function kept(): readonly Record<string, unknown>[] {
  const names = readdirSync(join(root, "out")).filter((name) => name.endsWith(".json"));
  return names.map(
    (name) => JSON.parse(readFileSync(join(root, "out", name), "utf8")) as Record<string, unknown>,
  );
}

describe("a program after each file", () => {
  const odd = ["plain", "with space", "quo\"te's", "new\nline", "ümlaut", "$(id)", "d/deep"];

  test("is told of it, by its environment and a document, whatever its name", async () => {
    await files(join(root, "a"), odd);
    const { status: exit } = await run(
      `copy: {from: ${root}/a/, to: ${root}/b/}`,
      `hooks: {afterFile: ${KEEP}}`,
    );
    expect(exit).toBe(0);
    const told = kept();
    const targets = told.map(({ file }) => (file as { target: string }).target);
    expect(targets.toSorted()).toEqual(odd.map((name) => join(root, "b", name)).toSorted());
    expect(told[0]).toMatchObject({ hook: "afterFile", job: "nightly", file: { outcome: "succeeded" } });
    const envs = (await readdir(join(root, "out"))).filter((name) => name.endsWith(".env"));
    const texts = await Promise.all(envs.map((name) => readFile(join(root, "out", name), "utf8")));
    const deep = texts.find((text) => text.includes(`FXPD_FILE_TARGET=${root}/b/d/deep\n`));
    for (const line of [`FXPD_FILE_SOURCE=${root}/a/d/deep`, "FXPD_BYTES=6", "FXPD_OUTCOME=succeeded"])
      expect(deep).toContain(`${line}\n`);
  });

  test("that fails leaves the file, and makes the run partial", async () => {
    await files(join(root, "a"), ["bad", "good"]);
    const fails = `[/bin/sh, -c, 'case "$FXPD_FILE_TARGET" in */bad) echo no >&2; exit 3;; esac']`;
    const {
      status: exit,
      summary,
      notes,
    } = await run(`copy: {from: ${root}/a/, to: ${root}/b/}`, `hooks: {afterFile: ${fails}}`);
    const because = `the hook afterFile failed for ${root}/b/bad: /bin/sh ended with status 3`;
    expect([exit, summary]).toMatchObject([1, { outcome: "partial", because, files: { copied: 2 } }]);
    expect(notes).toEqual(expect.arrayContaining(["afterFile: no", because]));
    expect(existsSync(join(root, "b/bad"))).toBe(true);
  });

  test("runs so many times at once as the job says, and the run waits for all", async () => {
    await files(join(root, "a"), ["1", "2", "3", "4", "5", "6"]);
    // Each of two needs the other one, and a third that ran with them would be seen.
    const meet = [
      "mkdir ../out/in.$$; n=$(ls -d ../out/in.* | wc -l); test $n -le 2 || touch ../out/crowded",
      "test $n -lt 2 || touch ../out/met; until test -e ../out/met; do sleep 0.05; done; rmdir ../out/in.$$",
      "touch ../out/done.$$",
    ].join("; ");
    const { status: exit } = await run(
      `copy: {from: ${root}/a/, to: ${root}/b/}`,
      `hooks: {parallel: 2, afterFile: [/bin/sh, -c, "${meet}"]}`,
    );
    const names = await readdir(join(root, "out"));
    expect([exit, names.includes("crowded")]).toEqual([0, false]);
    expect(names.filter((name) => name.startsWith("done."))).toHaveLength(6);
  });

  test("is not started for a file that is kept", async () => {
    await files(join(root, "a"), ["one"]);
    const job = [`mirror: {from: ${root}/a, to: ${root}/b}`, `hooks: {afterFile: ${KEEP}}`];
    await run(...job);
    expect(kept()).toHaveLength(1);
    await run(...job);
    expect(kept()).toHaveLength(1);
  });
});

describe("a program after each directory", () => {
  const tree = ["top", "d/one", "d/two", "d/e/deep", "with space/x", "ü/ö/y"];
  const directories = ["", "/d", "/d/e", "/with space", "/ü/ö"];

  test.each(["copy", "mirror"])("of a %s is started once, with what became of its files", async (kind) => {
    await files(join(root, "a"), tree);
    const slash = kind === "copy" ? "/" : "";
    const { status: exit } = await run(
      `${kind}: {from: ${root}/a${slash}, to: ${root}/b${slash}}`,
      `hooks: {afterDirectory: ${KEEP}}`,
    );
    expect(exit).toBe(0);
    const told = kept();
    const told0 = told.map(({ directory }) => String(directory)).toSorted();
    expect(told0).toEqual(directories.map((path) => `${root}/b${path}`).toSorted());
    const one = told.find(({ directory }) => directory === `${root}/b/d`);
    expect(one).toMatchObject({ outcome: "succeeded", files: { copied: 2, left: 0, failed: 0 } });
  });

  test("waits for files of it that come last, such as indexes", async () => {
    await files(join(root, "a"), ["d/data", "d/index.html", "e/data"]);
    const seen = `[/bin/sh, -c, 'ls "$FXPD_DIRECTORY" > ../out/$(basename "$FXPD_DIRECTORY")']`;
    await run(
      `mirror: {from: ${root}/a, to: ${root}/b}`,
      'indexesLast: ["index.html"]',
      `hooks: {afterDirectory: ${seen}}`,
    );
    expect(await readFile(join(root, "out/d"), "utf8")).toBe("data\nindex.html\n");
    expect(await readFile(join(root, "out/e"), "utf8")).toBe("data\n");
  });
});

describe("hooks of files and directories of the daemon", () => {
  let worker: AttackedWorker;
  const at = workerForEach("file-hooks", async (one) => {
    worker = one;
    await files(at("a"), ["one", "d/two", "d/three"]);
  });

  const say = (hook: string, name: string) =>
    `  ${hook}: [/bin/sh, -c, 'echo "$${name}" >> ../told.${hook}; exit \${FAIL:-0}']`;
  const told = async (hook: string) =>
    (await readFile(at(`told.${hook}`), "utf8")).trim().split("\n").toSorted();
  async function ended(id: string, kind: "copy" | "mirror", ...hooks: readonly string[]) {
    const slash = kind === "copy" ? "/" : "";
    await worker.job(
      "nightly",
      `${kind}: {from: ${at("a")}${slash}, to: ${at("b")}${slash}}`,
      "hooks:",
      ...hooks,
    );
    return worker.begin(id, "nightly");
  }

  test.each(["copy", "mirror"] as const)("are started for a %s", async (kind) => {
    const hooks = [say("afterFile", "FXPD_FILE_TARGET"), say("afterDirectory", "FXPD_DIRECTORY")];
    expect(await ended("run_1", kind, ...hooks)).toMatchObject({ outcome: "succeeded" });
    expect(await told("afterFile")).toEqual([at("b/d/three"), at("b/d/two"), at("b/one")]);
    expect(await told("afterDirectory")).toEqual([at("b"), at("b/d")]);
  });

  test("are started for each of several targets", async () => {
    await worker.job(
      "nightly",
      `mirror: {from: ${at("a")}, to: [${at("b")}, ${at("c")}]}`,
      "hooks:",
      say("afterFile", "FXPD_FILE_TARGET"),
      say("afterDirectory", "FXPD_DIRECTORY"),
    );
    expect(await worker.begin("run_5", "nightly")).toMatchObject({ outcome: "succeeded" });
    const ofBoth = (names: readonly string[]) =>
      ["b", "c"].flatMap((to) => names.map((name) => at(to + name)));
    expect(await told("afterFile")).toEqual(ofBoth(["/d/three", "/d/two", "/one"]));
    expect(await told("afterDirectory")).toEqual(ofBoth(["", "/d"]));
  });

  test("that were begun before a crash are not started again", async () => {
    const marks = worker.installation.kv.hookMarks("run_2");
    expect(await marks.begin(`afterFile ${at("b/one")}`)).toBe(true);
    expect(await marks.begin(`afterDirectory ${at("b/d")}`)).toBe(true);
    const hooks = [say("afterFile", "FXPD_FILE_TARGET"), say("afterDirectory", "FXPD_DIRECTORY")];
    expect(await ended("run_2", "copy", ...hooks)).toMatchObject({ outcome: "succeeded" });
    expect(await told("afterFile")).toEqual([at("b/d/three"), at("b/d/two")]);
    expect(await told("afterDirectory")).toEqual([at("b")]);
  });

  test("that fail make the run partial, on whatever worker they were started", async () => {
    const run = await ended("run_3", "copy", '  afterFile: ["/bin/false"]');
    expect(run).toMatchObject({ outcome: "partial" });
    expect(run.because).toMatch(/^3 hooks failed; the first: the hook afterFile failed for .*\/bin\/false/);
    expect(existsSync(at("b/one"))).toBe(true);
  });

  test("are refused in an order that came over the API", async () => {
    const document = {
      copy: { from: at("a/"), to: at("b/") },
      hooks: {
        afterFile: ["/usr/bin/touch", at("planted")],
        afterDirectory: ["/usr/bin/touch", at("planted")],
      },
    };
    await worker.job(
      "nightly",
      ...Object.entries(document).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    );
    const run = await worker.forge("api_1", { job: "nightly", document, isForeign: true });
    expect(run.outcome).not.toBe("succeeded");
    expect([existsSync(at("planted")), existsSync(at("b"))]).toEqual([false, false]);
  });
});
