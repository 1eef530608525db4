import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { until } from "../support/fleet.ts";
import { forgetSignals, fxpd } from "../support/in-process.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";

// The directory that a mirror is to write cannot be made: it has failed, wherever that is told.

const OLD_MS = Date.parse("2026-01-01T00:00:00Z");
const IN_THE_WAY = "is a file, not a directory";
let redis: TestRedis;
let runs: TreeRuns;
let work: string;
let turn = 0;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-root-"));
  await mkdir(join(work, "from"));
  await writeFile(join(work, "from/a"), "a");
  await writeFile(join(work, "f"), "in the way");
  runs = await TreeRuns.open(redis.port, `target-root${(turn += 1)}`);
  runs.source.tree.makeDirectory("/in", OLD_MS);
  runs.source.tree.write("/in/a", Buffer.from("a"), OLD_MS);
  runs.target.tree.write("/f", Buffer.from("in the way"), OLD_MS);
  vi.stubEnv("FXPD_STATE", join(work, "state"));
});
afterEach(async () => {
  forgetSignals();
  vi.unstubAllEnvs();
  await runs[Symbol.asyncDispose]();
  await rm(work, { recursive: true });
});

const directories = () => ["--config", runs.own.directories.config];

describe("fxpd mirror", () => {
  test.each([
    ["here", () => join(work, "f/out"), () => `${join(work, "f")}: ${IN_THE_WAY}`],
    ["here, by its own name", () => join(work, "f"), () => `${join(work, "f")}: ${IN_THE_WAY}`],
    [
      "at a server",
      () => "b:/f/out",
      () => `b: /f: ${IN_THE_WAY}; rename or delete it, or choose another target`,
    ],
    ["at a server, by its own name", () => "b:/f", () => `b:/f: ${IN_THE_WAY}`],
  ])("counts and names it in its output and its report: %s", async (_, target, because) => {
    const report = join(work, "report.json");
    const words = ["mirror", join(work, "from"), target(), "--report", report, "--json", ...directories()];
    const { status, out, err } = await fxpd(...words);
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toContainEqual({
      event: "fault",
      path: target(),
      because: because(),
      at: expect.any(String) as string,
    });
    const summary = { outcome: "failed", files: { copied: 0, failed: 1 }, because: because() };
    expect(events.at(-1)).toMatchObject({ event: "summary", ...summary });
    expect(JSON.parse(await readFile(report, "utf8"))).toMatchObject({
      summary,
      failed: { count: 1, first: [{ path: target(), because: because() }] },
    });
    const isNamed = because().startsWith(`${target()}: `);
    expect(err).toBe(`fxpd: ${isNamed ? "" : `${target()}: `}${because()}\n`);
    expect(status).toBe(1);
  });
});

describe("fxpd copy", () => {
  test.each(["here", "at a server"])(
    "names what is in the way in a dry run, as the real run does: %s",
    async (where) => {
      for (const path of ["from/d", "from/e", "t"]) await mkdir(join(work, path));
      for (const path of ["from/d/b", "t/d", "t/e"]) await writeFile(join(work, path), "x");
      runs.target.tree.makeDirectory("/t", OLD_MS);
      for (const path of ["/t/d", "/t/e"]) runs.target.tree.write(path, Buffer.from("x"), OLD_MS);
      const root = where === "here" ? `${work}/` : "b:/";
      for (const [target, failed] of [
        [`${root}f/out/`, 3],
        [`${root}t/`, 2],
      ] as const) {
        const words = ["copy", `${join(work, "from")}/`, target, "--parallel", "1", ...directories()];
        const dry = await fxpd(...words, "--dry-run");
        forgetSignals();
        const real = await fxpd(...words);
        forgetSignals();
        // The system's words about this machine are in another order.
        if (where === "at a server") expect(dry.err).toBe(real.err);
        expect(real.err.match(/is a file, not a directory/g)).toHaveLength(failed);
        expect(dry.err.match(/is a file, not a directory/g)).toHaveLength(failed);
        expect(dry.out).toMatch(new RegExp(`^dry run, (partial|failed): .*\\b${failed} failed`, "m"));
        expect([dry.status, real.status]).toEqual([1, 1]);
      }
    },
  );
});

test("the daemon's record and `fxpd show` count and name it", async () => {
  await runs.ask({ mirror: { from: "a:/in", to: "b:/f/out" } });
  await runs.own.worker();
  await until(
    async () => (await runs.record()).state === "ended",
    () => "the run has not ended",
  );
  const because = `b: /f: ${IN_THE_WAY}; rename or delete it, or choose another target`;
  expect(await runs.record()).toMatchObject({
    outcome: "failed",
    counters: { copied: 0, failed: 1 },
    because,
  });
  const logged = (await runs.own.installation.store.logs("run")).map(({ event }) => event);
  expect(logged).toContainEqual({ event: "fault", path: "b:/f/out", because });
  const shown = await fxpd("show", "run", ...directories());
  expect(shown.out).toMatch(/files +\d+ to copy: 0 copied, 1 failed/);
  expect(shown.out).toContain(because);
  const asJson = await fxpd("show", "run", "--json", ...directories());
  expect(asJson.out).toContain('"failed":1');
  const retried = await fxpd("retry", "run", ...directories());
  expect(retried.err).toBe("fxpd: run: no file failed that could be retried; run the whole job again\n");
});
