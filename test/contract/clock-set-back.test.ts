import { expect, test } from "vitest";
import { jobView } from "../../src/api/views/views.ts";
import { RedisRates } from "../../src/orchestrator/kv/stores/rates.ts";
import { runId } from "../../src/orchestrator/runs/run.ts";
import { lookAt, nothingWatched } from "../../src/orchestrator/scheduler/arrival.ts";
import { openQueues, type Queues } from "../../src/orchestrator/worker/queue/queues.ts";
import { Alarms } from "../../src/orchestrator/scheduler/alarms.ts";
import { Scheduler, type SchedulerDeps } from "../../src/orchestrator/scheduler/scheduler.ts";
import { Staleness, staleAtMs } from "../../src/orchestrator/scheduler/staleness.ts";
import { Sweeper } from "../../src/orchestrator/scheduler/sweeper.ts";
import { Slots } from "../../src/orchestrator/slots/slots.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { alarmsScene, definition, Kept, NEVER, order } from "../support/alarms-scene.ts";

// The clock was years ahead for a while, and is right again: nothing waits for those years to pass.

const scene = alarmsScene();
const YEARS_AHEAD = Date.parse("2030-01-01T00:30:00Z");
const HOUR_MS = 3_600_000;
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

/** A scheduler, what it writes to Redis, and what it has warned of. */
function scheduling(queues: Queues, clock: SchedulerDeps["clock"] = scene.clock) {
  const warned: { readonly because?: string; readonly run?: string }[] = [];
  const log = { ...noLogger, warn: (fields: object) => void warned.push(fields) };
  return { scheduler: new Scheduler({ ...scene.deps, queues, log, clock }), warned };
}

test("a due time whose run was made while the clock was two hours ahead is told of, and cancels nothing", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const { scheduler, warned } = scheduling(queues);
  scheduler.use([hourly({ overlap: "replace" })]);
  scene.at("00:30:00");
  await scheduler.tick();
  scene.at("02:00:00"); // two hours ahead: it is midnight
  await scheduler.tick();
  const [made] = await scene.store.unfinished();
  scene.at("00:00:01");
  await scheduler.tick();
  warned.length = 0;

  // The run of that time is still there when its due time really comes; it is not replaced by itself.
  scene.at("01:00:00");
  await scheduler.tick();
  const [other] = (await scene.store.unfinished()).filter(({ id }) => id !== made?.id);
  scene.at("02:00:00");
  await scheduler.tick();
  expect(made?.id).toBe(runId("nightly", scene.clock.ms));
  const wishes = (await scene.store.latest(10)).map(({ id, wish }) => [id, wish]);
  expect(new Map(wishes as [string, string][])).toEqual(
    new Map([
      [made?.id, "cancel"], // by that of one o'clock
      [other?.id, "run"],
    ]),
  );
  expect(warned).toEqual([
    {
      job: "nightly",
      run: made?.id,
      because: `${made?.id} was made for this due time before, at 2026-11-21T02:00:00.000Z by a clock that was ahead; to run the job now, use fxpd submit nightly`,
    },
  ]);
});

test("a run is not replaced by itself", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const { scheduler } = scheduling(queues);
  scheduler.use([definition({ schedule: { cron: "0 2 * * *", overlap: "replace" } })]);
  for (const time of ["00:30:00", "02:00:00", "00:00:01", "02:00:00"]) {
    scene.at(time);
    await scheduler.tick();
  }
  expect((await scene.store.latest(10)).map(({ id, wish }) => [id, wish])).toEqual([
    [runId("nightly", scene.clock.ms), "run"],
  ]);
});

test.each([
  ["ahead", 2 * HOUR_MS],
  ["back", -2 * HOUR_MS],
])(
  "a machine whose own clock is set two hours %s runs nothing too soon, and nothing again",
  async (_, byMs) => {
    await using queues = openQueues(scene.client, scene.names);
    let [setMs, offsetMs] = [0, 0];
    const clock = {
      ...scene.clock,
      now: () => scene.clock.ms + setMs + offsetMs,
      compare: async () => void (offsetMs = -setMs),
    };
    const { scheduler, warned } = scheduling(queues, clock);
    scheduler.use([hourly({ missed: "all" })]);
    for (const time of ["02:30:00", "03:00:00"]) await ticked(scheduler, time);
    setMs = byMs;
    for (const time of ["03:00:01", "03:00:02"]) await ticked(scheduler, time);
    const { handledToMs } = await scene.store.jobs.get("nightly");
    expect(await dueTimesOf()).toEqual(["2026-11-21T03:00"]);
    expect([handledToMs, warned]).toEqual([scene.at("03:00:00"), []]);
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

test("what people are told of a job names no time that is still to come", async () => {
  const kept = new Kept(["stale"]);
  const office = scene.office(kept);
  const staleness = new Staleness({ ...scene.deps, tell: (one) => office.tell(one) });
  const nightly = definition({ staleAfter: "1h" });
  scene.clock.ms = YEARS_AHEAD;
  await scene.ended("ahead", "succeeded");
  await scene.client.hset(scene.names.job("nightly"), "knownAgain", YEARS_AHEAD);
  for (const time of ["01:00:00", "02:30:00"]) {
    scene.at(time);
    staleness.use([nightly]);
    await staleness.look();
    await scene.work(office);
  }
  expect(kept.told).toEqual([
    "nightly stale: no run has succeeded for 1 h 0 min: none has succeeded since 2026-11-21T01:00:00.000Z, when the job was first seen",
  ]);
  const record = await scene.store.jobs.get("nightly");
  const view = jobView(nightly, { record, skipped: [] }, scene.clock.ms);
  expect(view).toMatchObject({ stale: true, staleAt: "2026-11-21T02:00:00.000Z" });
  expect(view.lastGoodAt).toBeUndefined();
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

test("what was put aside is looked at by a scheduler that is started later, all of it, also where Redis takes no writes at first", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const retention = scene.deps.kv.retention({ runs: 100, ageMs: 86_400_000 });
  const sweeper = new Sweeper({ ...scene.deps, queues, retention });
  const items = Array.from({ length: 501 }, (_, at) => ({
    name: "run",
    data: { run: `r${at}` },
    opts: { jobId: `r${at}`, delay: 86_400_000 },
  }));
  await queues.runs.addBulk(items);
  await scene.client.config("SET", "min-replicas-to-write", "1");
  try {
    await expect(sweeper.sweep()).rejects.toThrow("NOREPLICAS");
  } finally {
    await scene.client.config("SET", "min-replicas-to-write", "0");
  }
  await sweeper.sweep();
  expect(await queues.runs.getJobCounts("delayed", "waiting")).toMatchObject({ delayed: 0, waiting: 501 });
});

test("a run that was made then and left behind is put into the queue", async () => {
  await using queues = openQueues(scene.client, scene.names);
  await scene.store.create("left", order("nightly"), YEARS_AHEAD);
  const retention = scene.deps.kv.retention({ runs: 100, ageMs: 86_400_000 });
  await new Sweeper({ ...scene.deps, queues, retention }).sweep();
  expect(await queues.runs.getJobState("left")).toBe("prioritized");
});

test("a file that came then settles, and its directory is looked at", async () => {
  const file = { path: "a", sizeBytes: 1, modifiedMs: 1 };
  const { watched } = lookAt(nothingWatched, [file], YEARS_AHEAD, 60_000);
  const nowMs = scene.at("01:00:00");
  const next = lookAt(watched, [file], nowMs, 60_000);
  expect(next.arrived).toEqual([]);
  expect(lookAt(next.watched, [file], nowMs + 60_000, 60_000).arrived).toEqual(["a"]);

  const { watches } = scene.deps.kv;
  await scene.client.set(scene.names.looking("nightly"), "1", "PX", YEARS_AHEAD - nowMs);
  expect(await watches.take("nightly", 120_000, 600_000)).toBe(true);
  expect(await watches.take("nightly", 120_000, 600_000)).toBe(false);
  await watches.rest("nightly", 600_000);
  expect(await watches.take("nightly", 120_000, 600_000)).toBe(false);
});

test("a rate that was used up until then is not", async () => {
  const waits: number[] = [];
  const clock = { ...scene.clock, sleep: async (ms: number) => void waits.push(ms) };
  const timetable = { changes: [{ minute: 0, bytesPerSecond: 1_000 }] };
  const rate = new RedisRates(scene.client, scene.names, "r", clock).of("run", timetable);
  await rate.take(1_000, NEVER);
  const [key = ""] = await scene.client.keys(scene.names.rate("*"));
  await scene.client.set(key, Date.now() + YEARS_AHEAD);
  await rate.take(1_000, NEVER);
  expect(waits.filter((ms) => ms > 10_000)).toEqual([]);
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
