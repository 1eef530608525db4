import { expect, test } from "vitest";
import { openQueues } from "../../src/orchestrator/worker/queue/queues.ts";
import { runId } from "../../src/orchestrator/runs/run.ts";
import { Scheduler } from "../../src/orchestrator/scheduler/scheduler.ts";
import { Skips } from "../../src/orchestrator/kv/stores/skips.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { alarmsScene, definition } from "../support/alarms-scene.ts";

// Which due times give a run.

const scene = alarmsScene();

const DUE = Date.parse("2026-11-21T02:00:00Z");
const FAILING = "starting due runs of nightly: failed; will retry";

test("a due time that is skipped gives no run; the one after it does, over two schedulers", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const deps = { ...scene.deps, queues, log: noLogger };
  const schedulers = [1, 2].map(() => new Scheduler(deps));
  for (const one of schedulers) one.use([definition({ schedule: { cron: "0 2,4 * * *" } })]);
  await new Skips(scene.client, scene.names).add("nightly", DUE, scene.clock.now());
  for (const time of ["01:00:00", "02:00:01", "02:00:02", "04:00:01"]) {
    scene.at(time);
    await Promise.all(schedulers.map((one) => one.tick()));
  }
  expect((await scene.store.latest(10)).map(({ id }) => id)).toEqual([runId("nightly", DUE + 7_200_000)]);
});

/** The runs of a job after its scheduler has looked at each of these times. */
async function firedBy(scheduler: Scheduler, ...times: readonly string[]): Promise<readonly string[]> {
  for (const time of times) {
    scene.at(time);
    await scheduler.tick();
    for (const run of await scene.store.unfinished())
      await scene.store.end(run, undefined, scene.clock.ms, "succeeded");
  }
  return (await scene.store.latest(10)).map(({ order: { dueMs = 0 } }) =>
    new Date(dueMs).toISOString().slice(11, 16),
  );
}

test.each([
  ["a job file that was removed", []],
  ["a schedule that was taken out of its file", [{}]],
])("%s and is put back gives no run for the time it was away", async (_, meanwhile) => {
  await using queues = openQueues(scene.client, scene.names);
  const scheduler = new Scheduler({ ...scene.deps, queues, log: noLogger });
  const nightly = definition({ schedule: { cron: "0 * * * *", missed: "all" } });
  scheduler.use([nightly]);
  expect(await firedBy(scheduler, "00:30:00", "01:00:00")).toEqual(["01:00"]);
  scheduler.use(meanwhile.map((keys) => definition(keys)));
  expect(await firedBy(scheduler, "02:10:00", "03:10:00")).toEqual(["01:00"]);
  scheduler.use([nightly]);
  expect(await firedBy(scheduler, "03:30:00", "04:00:00")).toEqual(["04:00", "01:00"]);
});

test("nor does one that was put back while no scheduler ran, or whose schedule was changed", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const deps = { ...scene.deps, queues, log: noLogger };
  const before = new Scheduler(deps);
  const nightly = definition({ schedule: { cron: "0 * * * *", missed: "all" } });
  before.use([nightly]);
  expect(await firedBy(before, "00:30:00")).toEqual([]);
  before.use([]);
  await firedBy(before, "01:10:00");
  scene.at("02:10:00");
  const after = new Scheduler(deps);
  after.use([nightly]);
  expect(await firedBy(after, "02:10:01", "03:00:00")).toEqual(["03:00"]);
  after.use([definition({ schedule: { cron: "*/10 * * * *", missed: "all" } })]);
  expect(await firedBy(after, "03:55:00", "04:00:00")).toEqual(["04:00", "03:00"]);
});

test("what fell due while no scheduler ran is missed, however short that was", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const deps = { ...scene.deps, queues, log: noLogger };
  const nightly = definition({ schedule: { cron: "0 * * * *", missed: "skip" } });
  scene.at("00:30:00");
  const before = new Scheduler(deps);
  before.use([nightly]);
  await firedBy(before, "00:30:00");
  scene.at("01:00:20");
  const after = new Scheduler(deps);
  after.use([nightly]);
  expect(await firedBy(after, "01:00:20", "02:00:01")).toEqual(["02:00"]);
});

test("what falls due while Redis is full is run as soon as it is not, and is complained of once", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const lines: string[] = [];
  const log = { ...noLogger, warn: (_: object, what: string) => lines.push(what), info: noLogger.info };
  const deps = { ...scene.deps, queues, log };
  const scheduler = new Scheduler(deps);
  scheduler.use([definition({ schedule: { cron: "0 2 * * *" } })]);
  await firedBy(scheduler, "00:30:00");
  await scene.client.config("SET", "maxmemory", "1");
  try {
    for (const time of ["02:00:00", "02:00:01", "02:00:02"]) {
      scene.at(time);
      await scheduler.tick();
    }
  } finally {
    await scene.client.config("SET", "maxmemory", "0");
  }
  expect(await firedBy(scheduler, "02:00:30")).toEqual(["02:00"]);
  expect(lines).toEqual([FAILING]);
});

test("a scheduler that found Redis full logs that it works again also where another one has run what was due", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const lines: string[] = [];
  const write = (_: object, what: string) => void (what.startsWith("starting due runs") && lines.push(what));
  const deps = { ...scene.deps, queues };
  const one = new Scheduler({ ...deps, log: { ...noLogger, warn: write, info: write } });
  const other = new Scheduler({ ...deps, log: noLogger });
  for (const scheduler of [one, other]) {
    scheduler.use([definition({ schedule: { cron: "0 2,3 * * *" } })]);
    await firedBy(scheduler, "00:30:00");
  }
  const whileFull = async (time: string) => {
    await scene.client.config("SET", "maxmemory", "1");
    try {
      scene.at(time);
      await one.tick();
    } finally {
      await scene.client.config("SET", "maxmemory", "0");
    }
  };
  await whileFull("02:00:00");
  expect(await firedBy(other, "02:00:01")).toEqual(["02:00"]);
  await firedBy(one, "02:00:02");
  await whileFull("03:00:00");
  expect(lines).toEqual([FAILING, "starting due runs of nightly: works again", FAILING]);
});

test("a scheduler that found Redis full does not log that it works again before it can write, however long that takes", async () => {
  await using queues = openQueues(scene.client, scene.names);
  const lines: string[] = [];
  const write = (_: object, what: string) => void (what.startsWith("starting due runs") && lines.push(what));
  const deps = { ...scene.deps, queues };
  const scheduler = new Scheduler({ ...deps, log: { ...noLogger, warn: write, info: write } });
  scheduler.use([definition({ schedule: { cron: "0 2 * * *", missed: "skip" } })]);
  await firedBy(scheduler, "00:30:00");
  await scene.client.config("SET", "maxmemory", "1");
  try {
    for (const time of ["02:00:00", "02:00:30", "02:01:30", "02:10:00"]) {
      scene.at(time);
      await scheduler.tick();
    }
    expect(lines).toEqual([FAILING]);
  } finally {
    await scene.client.config("SET", "maxmemory", "0");
  }
  await firedBy(scheduler, "02:10:01");
  expect(lines).toEqual([FAILING, "starting due runs of nightly: works again"]);
});
