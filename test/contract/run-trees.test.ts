import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import { until } from "../support/until.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { TreeRuns } from "../support/tree-runs.ts";

const FILES = 12;
const OLD_MS = Date.parse("2026-01-01T00:00:00Z");

let redis: TestRedis;
let runs: TreeRuns;
let turn = 0;
let letOthersPass: () => void;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());
beforeEach(async () => {
  runs = await TreeRuns.open(redis.port, `trees${(turn += 1)}`);
  const { source, target } = runs;
  for (const path of ["/in", "/in/below"]) source.tree.makeDirectory(path, OLD_MS);
  target.tree.makeDirectory("/out", OLD_MS);
  for (let at = 0; at < FILES; at += 1)
    source.tree.write(`/in/${at % 2 === 0 ? "" : "below/"}f${at}`, Buffer.alloc(100, `${at}`), OLD_MS);
  // One file gets its name; the others wait for the test.
  const others = new Promise<void>((resolve) => (letOthersPass = resolve));
  let count = 0;
  target.fault({
    kind: "late",
    verbs: ["RNTO"],
    until: () => ((count += 1) === 1 ? Promise.resolve() : others),
  });
});
afterEach(() => {
  letOthersPass();
  return runs[Symbol.asyncDispose]();
});

async function reached(id: string, is: (run: Run) => boolean): Promise<Run> {
  let run = await runs.record(id);
  await until(
    async () => is((run = await runs.record(id))),
    () => JSON.stringify(run),
  );
  return run;
}

const ended = (id: string) => reached(id, ({ state }) => state === "ended");

test("of two runs on one tree, or on a tree in it, the second waits for the first", async () => {
  await runs.ask({ mirror: { from: "a:/in", to: "b:/out" }, parallel: 2 }, { id: "one", job: "one" });
  await runs.own.worker();
  await reached("one", ({ counters }) => counters.copied >= 1);
  await runs.ask({ mirror: { from: "a:/in/below", to: "b:/out/below" } }, { id: "two", job: "two" });
  await runs.own.worker();
  const queue = runs.own.installation.queues.runs;
  await until(async () => (await queue.getDelayedCount()) === 1, "the second has been put aside");
  expect(await runs.record("two")).toMatchObject({ state: "queued" });
  letOthersPass();
  const [first, second] = [await ended("one"), await ended("two")];
  expect([first.outcome, second.outcome]).toEqual(["succeeded", "succeeded"]);
  expect(second.startedMs).toBeGreaterThanOrEqual(first.endedMs ?? Number.POSITIVE_INFINITY);
  expect(second.counters).toMatchObject({ copied: 0, kept: FILES / 2 });
});

test("a run that has lost its claim between copies and deletions deletes nothing, and says why", async () => {
  const { own, target } = runs;
  const { redis: client, names, store } = own.installation;
  for (const name of ["extra", "extra too"]) target.tree.write(`/out/${name}`, Buffer.alloc(1), OLD_MS);
  await runs.ask({ mirror: { from: "a:/in", to: "b:/out" }, parallel: 2, delete: true, maxDelete: "100%" });
  await own.worker();
  await reached("run", ({ counters }) => counters.copied >= 1);
  const claims = `${names.prefix}:claims`;
  const [tree = ""] = await client.hkeys(claims);
  const another = { holder: "another run", token: 1_000, until: Date.now() + 3_600_000 };
  await client.hset(claims, tree, JSON.stringify(another));
  letOthersPass();
  await until(
    async () => JSON.stringify(await store.logs("run")).includes("lost the claim on the target tree"),
    "the run says that it has lost its claim",
  );
  expect(await runs.record()).toMatchObject({ state: "queued" });
  expect(target.count("DELE")).toBe(0);
  await client.hdel(claims, tree);
  expect(await ended("run")).toMatchObject({ outcome: "succeeded", counters: { deleted: 2 } });
  expect(target.count("DELE")).toBe(2);
});
