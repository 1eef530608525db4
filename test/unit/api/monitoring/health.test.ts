import { expect, test } from "vitest";
import { reasonsAgainst, type Signs, signsOf } from "../../../../src/api/monitoring/health.ts";
import type { ApiDeps } from "../../../../src/api/deps.ts";
import { systemClock } from "../../../../src/shared/clock.ts";

const parts = (worker: boolean, scheduler: boolean) =>
  new Map([
    ["worker", { isRunning: worker }],
    ["scheduler", { isRunning: scheduler }],
  ]);
const good: Signs = { isRedisAnswering: true, parts: parts(true, true), active: 0 };

test.each<[string, Signs, readonly string[]]>([
  ["nothing to do", good, []],
  ["Redis away", { ...good, isRedisAnswering: false }, ["Redis does not respond"]],
  ["Redis full", { ...good, redisFault: "Redis is full; free it" }, ["Redis is full; free it"]],
  ["worker stopped", { ...good, parts: parts(false, true) }, ["the worker is not running"]],
  ["scheduler stopped", { ...good, parts: parts(true, false) }, ["the scheduler is not running"]],
  ["a run just submitted", { ...good, waitedMs: 59_999 }, []],
  ["a run that waits for its turn", { ...good, waitedMs: 3_600_000, active: 1 }, []],
  [
    "a run that nobody takes",
    { ...good, waitedMs: 90_500 },
    ["a run has been waiting for 90 s, but no worker is processing any run"],
  ],
  [
    "no worker lives",
    { ...good, parts: new Map(), workers: 0 },
    ["no worker is running; start one with fxpd worker or fxpd daemon"],
  ],
  ["a worker elsewhere", { ...good, parts: new Map(), workers: 1 }, []],
  [
    "an API alone",
    { isRedisAnswering: false, parts: new Map(), active: 0, waitedMs: 61_000 },
    ["Redis does not respond", "a run has been waiting for 61 s, but no worker is processing any run"],
  ],
])("%s: %j gives %j", (_, signs, reasons) => {
  expect(reasonsAgainst(signs)).toEqual(reasons);
});

type Asked = Pick<ApiDeps, "installation" | "parts">;
const asking = (
  unfinished: () => Promise<unknown>,
  now = 100_000,
  requireWritable: () => Promise<void> = async () => {},
) =>
  ({
    parts: new Map(),
    installation: {
      kv: { livingWorkers: async () => 1, server: { requireWritable } },
      store: { unfinished },
      queues: { runs: { getActiveCount: async () => 0 } },
      clock: { ...systemClock, now: () => now },
    },
  }) as unknown as Asked;

test("a run that is paused, or not due yet, does not wait", async () => {
  const run = (more: object, order: object = {}) => ({
    state: "queued",
    wish: "run",
    createdMs: 10_000,
    order,
    ...more,
  });
  const waited = async (...runs: object[]) => (await signsOf(asking(async () => runs))).waitedMs;
  expect(await waited()).toBe(0);
  expect(await waited(run({ wish: "pause" }), run({ state: "running" }))).toBe(0);
  expect(await waited(run({}, { startMs: 200_000 }))).toBe(0);
  expect(await waited(run({}, { startMs: 40_000 }))).toBe(60_000);
  expect(await waited(run({}), run({ createdMs: 5_000 }))).toBe(95_000);
});

test("Redis that fails or hangs does not answer", async () => {
  const failing = asking(() => Promise.reject(new Error("closed")));
  expect(await signsOf(failing)).toMatchObject({ isRedisAnswering: false });
  const clock = { now: () => 0, sleep: async () => {}, compare: async () => {} };
  const { installation, ...rest } = asking(() => new Promise(() => {}));
  const hanging = { ...rest, installation: { ...installation, clock } };
  expect(await signsOf(hanging)).toMatchObject({ isRedisAnswering: false });
});

test("a Redis that refuses what is written is named with what to do, and no worker is missed for that", async () => {
  const full = Object.assign(new Error("OOM command not allowed"), { name: "ReplyError" });
  const signs = await signsOf(
    asking(
      async () => [],
      0,
      () => Promise.reject(full),
    ),
  );
  expect(reasonsAgainst(signs)).toEqual([
    "Redis is full; increase its maxmemory, or delete data (OOM command not allowed)",
  ]);
});
