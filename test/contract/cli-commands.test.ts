import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { program } from "../../src/cli/program.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

// Commands in this process, on a real Redis and on directories of this machine: what they print, and their exit status.

let redis: TestRedis;
let root: string;
const listeners = { SIGINT: process.listeners("SIGINT"), SIGTERM: process.listeners("SIGTERM") };
const status = process.exitCode;

beforeAll(async () => {
  redis = await startRedis();
  root = await mkdtemp(join(tmpdir(), "fxpd-commands-"));
  vi.stubEnv("FXPD_STATE", join(root, "state"));
  vi.stubEnv("FXPD_CONFIG", join(root, "config"));
  for (const directory of ["config/hosts", "jobs", "a", "b"])
    await mkdir(join(root, directory), { recursive: true, mode: 0o700 });
  const url = `redis://127.0.0.1:${redis.port}/0`;
  await writeFile(
    join(root, "config/daemon.yaml"),
    `redis: {url: "${url}", prefix: cli}\ndataDirectory: ../data\n`,
  );
  const job = `copy: {from: "${root}/a/one", to: "${root}/b/"}\nschedule: {cron: "15 2 * * *"}\n`;
  await writeFile(join(root, "jobs/nightly.yaml"), job);
  await writeFile(join(root, "a/one"), "1");
  await writeFile(join(root, "a/two"), "22");
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = status;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    for (const one of process.listeners(signal))
      if (!listeners[signal].includes(one)) process.removeListener(signal, one);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
  await redis[Symbol.asyncDispose]();
});

async function fxpd(...args: readonly string[]) {
  let [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  await program.parseAsync(args, { from: "user" });
  const ended = process.exitCode;
  vi.restoreAllMocks();
  process.exitCode = status;
  return { status: ended, out, err };
}

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
