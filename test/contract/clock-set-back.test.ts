import { expect, test } from "vitest";
import { openQueues } from "../../src/orchestrator/worker/queue/queues.ts";
import { Alarms } from "../../src/orchestrator/scheduler/alarms.ts";
import { Scheduler } from "../../src/orchestrator/scheduler/scheduler.ts";
import { staleAtMs } from "../../src/orchestrator/scheduler/staleness.ts";
import { Sweeper } from "../../src/orchestrator/scheduler/sweeper.ts";
import { Slots } from "../../src/orchestrator/slots/slots.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { alarmsScene, definition, Kept, NEVER, order } from "../support/alarms-scene.ts";

// The clock was years ahead for a while, and is right again: nothing waits for those years to pass.

const scene = alarmsScene();
const YEARS_AHEAD = Date.parse("2030-01-01T00:30:00Z");
const hourly = (keys: object = {}) =>
  definition({ schedule: { cron: "0 * * * *", missed: "once", ...keys } });

async function endAll(): Promise<void> {
  for (const run of await scene.store.unfinished())
    await scene.store.end(run, undefined, scene.clock.ms, "succeeded");
}

async function ticked(scheduler: Scheduler, time: string): Promise<void> {
  scene.at(time);
  await scheduler.tick();
  await endAll();
}

const dueTimesOf = async () =>
  (await scene.store.latest(10)).map(({ order: { dueMs = 0 } }) =>
    new Date(dueMs).toISOString().slice(0, 16),
  );

test.each(["the scheduler that was there", "another scheduler"])(
  "%s runs what is due when the clock is right again, and logs why it had not",
  async (who) => {
    await using queues = openQueues(scene.client, scene.names);
    const warned: object[] = [];
    const log = { ...noLogger, warn: (fields: object) => void warned.push(fields) };
    const deps = { ...scene.deps, queues, log };
    const before = new Scheduler(deps);
    before.use([hourly()]);
    await ticked(before, "00:30:00");
    scene.clock.ms = YEARS_AHEAD;
    await before.tick();
    await endAll();
    expect(await dueTimesOf()).toEqual(["2030-01-01T00:00"]);

    scene.at("00:45:00");
    const after = who === "another scheduler" ? new Scheduler(deps) : before;
    after.use([hourly({ missed: "skip" })]);
    for (const time of ["00:45:01", "01:00:00", "01:30:00", "02:00:00"]) await ticked(after, time);
    expect((await dueTimesOf()).toSorted()).toEqual([
      "2026-11-21T01:00",
      "2026-11-21T02:00",
      "2030-01-01T00:00",
    ]);
    expect(warned).toHaveLength(1);
    expect(JSON.stringify(warned)).toContain("recorded as handled until 2030-01-01T00:30:00.000Z");
  },
);

test("runs that are late are reported", async () => {
  const kept = new Kept();
  const office = scene.office(kept);
  const alarms = new Alarms({ ...scene.deps, tell: (one) => office.tell(one) });
  alarms.use([hourly({ deadline: "10m" })]);
  scene.clock.ms = YEARS_AHEAD;
  await alarms.look();
  for (const time of ["01:45:00", "02:11:00"]) {
    scene.at(time);
    await alarms.look();
    await scene.work(office);
  }
  expect(kept.told).toEqual([
    "nightly late: due 2026-11-21T02:00Z: no run had been started by 2026-11-21T02:10Z",
  ]);
});

test("a job counts as good from its next good run on, and not as good until then", async () => {
  scene.clock.ms = YEARS_AHEAD;
  await scene.ended("ahead", "succeeded");
  const nowMs = scene.at("01:00:00");
  const [job, { dueTimes }] = [{ staleAfter: 3_600_000 }, scene.deps.kv];
  await dueTimes.noteKnown("nightly", nowMs);
  expect(staleAtMs(job, await scene.store.jobs.get("nightly"), nowMs)).toBe(nowMs + 3_600_000);
  await scene.ended("now", "succeeded");
  expect((await scene.store.jobs.get("nightly")).lastGoodMs).toBe(nowMs);
});

test("since when a job is known is noted anew", async () => {
  const { dueTimes } = scene.deps.kv;
  await dueTimes.noteKnown("nightly", YEARS_AHEAD);
  const nowMs = scene.at("01:00:00");
  await dueTimes.noteKnown("nightly", nowMs);
  expect((await scene.store.jobs.get("nightly")).knownSinceMs).toBe(nowMs);
});

test("runs and slices that were put aside until then are looked at", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const retention = scene.deps.kv.retention({ runs: 100, ageMs: 86_400_000 });
  const sweeper = new Sweeper({ ...scene.deps, queues, retention });
  scene.clock.ms = YEARS_AHEAD;
  await sweeper.sweep();
  await scene.store.create("waits", order("nightly"), scene.clock.now());
  await queues.runs.add("run", { run: "waits" }, { jobId: "waits", delay: 86_400_000 });
  const slice = { run: "waits", generation: 1, slice: "1-1", hosts: [], tasks: [] };
  await queues.slices.add("slice", slice, { jobId: "waits_1-1", delay: 86_400_000 });
  await sweeper.sweep();
  expect(await queues.runs.getJobState("waits")).toBe("delayed");
  scene.at("01:00:00");
  await sweeper.sweep();
  expect([await queues.runs.getJobState("waits"), await queues.slices.getJobState("waits_1-1")]).toEqual([
    "waiting",
    "waiting",
  ]);
});

test("connections of a process that died then, and logins of then, take nothing from others", async () => {
  const { prefix } = scene.names;
  const [dead, lease] = ["dead", { holder: "dead", token: 1, needs: [["host a", 1]] }];
  await scene.client.zadd(`${prefix}:slots:holders`, YEARS_AHEAD, dead);
  await scene.client.hset(`${prefix}:slots:leases`, "one", JSON.stringify(lease));
  await scene.client.hset(`${prefix}:slots:used`, "host a", 1);
  await scene.client.hset(`${prefix}:slots:logins`, "a", JSON.stringify([YEARS_AHEAD]));
  await scene.client.hset(`${prefix}:slots:counters`, "seen", YEARS_AHEAD);
  await using slots = await Slots.open(scene.client, { prefix, ttlMs: 600 });
  const needs = [{ resource: "host a", count: 1, limit: 1 }];
  const logins = [{ host: "a", count: 1, perMinute: 1 }];
  using taken = await slots.take({ party: "job", needs, logins }, NEVER);
  expect(taken.token).toBeGreaterThan(0);
});
