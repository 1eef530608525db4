import { beforeEach, expect, test } from "vitest";
import { jobSchemaFor } from "../../src/config/schema/jobs.ts";
import { Alarms } from "../../src/orchestrator/scheduler/alarms.ts";
import { Stores } from "../../src/orchestrator/kv/stores/stores.ts";
import type { Definition } from "../../src/orchestrator/definitions.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import type { Channel } from "../../src/orchestrator/notify/channel.ts";
import { lateNotice, type Notice } from "../../src/orchestrator/notify/notice.ts";
import { Outbox } from "../../src/orchestrator/kv/stores/outbox.ts";
import { PostOffice } from "../../src/orchestrator/notify/post-office.ts";
import { openQueues } from "../../src/orchestrator/worker/queue/queues.ts";
import { runId, type RunOrder } from "../../src/orchestrator/runs/run.ts";
import { Scheduler } from "../../src/orchestrator/scheduler/scheduler.ts";
import { Skips } from "../../src/orchestrator/kv/stores/skips.ts";
import { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import type { Clock } from "../../src/shared/clock.ts";
import { noLogger } from "../../src/shared/logger.ts";
import type { RunOutcome } from "../../src/batch/events.ts";
import { sharedRedis } from "../support/redis-client.ts";

const shared = sharedRedis();
let names: KeyNames;
let store: RunStore;
let clock: Clock & { ms: number };
let turn = 0;
const NEVER = new AbortController().signal;
const FAILING = "starting due runs of nightly: failed; will retry";

beforeEach(() => {
  turn += 1;
  names = new KeyNames(`test${turn}`);
  store = new RunStore(shared.client, names);
  clock = { ms: Date.parse("2026-11-21T00:00:00Z"), now: () => clock.ms, sleep: async () => {} };
});

function at(time: string): number {
  clock.ms = Date.parse(`2026-11-21T${time}Z`);
  return clock.ms;
}

/** A channel that keeps what it is sent; it takes nothing while `isAway`. */
class Kept implements Channel {
  readonly name = "kept";
  readonly shown = "kept";
  readonly on;
  readonly messages: (readonly Notice[])[] = [];
  isAway = false;

  constructor(on: Channel["on"] = ["failed", "partial", "refused", "recovered", "late"]) {
    this.on = on;
  }

  readonly send: Channel["send"] = async (notices) => {
    if (this.isAway) throw new Error("away");
    this.messages.push(notices);
  };

  get told(): readonly string[] {
    return this.messages.flat().map(({ occasion, job, because }) => `${job} ${occasion}: ${because}`);
  }
}

function office(...channels: readonly Channel[]): PostOffice {
  return new PostOffice(
    { kv: new Stores(shared.client, names, store), store, clock, log: noLogger },
    channels,
  );
}

function order(job: string, more: Partial<RunOrder> = {}): RunOrder {
  return { job, document: {}, rules: [], dryRun: false, requestedBy: "person", because: "test", ...more };
}

async function ended(id: string, outcome: RunOutcome, more: Partial<RunOrder> = {}): Promise<void> {
  const run = { id, order: order("nightly", more) };
  await store.create(id, run.order, clock.now());
  await store.end(run, undefined, clock.now(), outcome);
}

/** All offices work, before and after what was told has waited for others to go with. */
async function work(...offices: readonly PostOffice[]): Promise<void> {
  for (const waitMs of [0, 6_000]) {
    clock.ms += waitMs;
    await Promise.all(offices.map((one) => one.work(NEVER)));
  }
}

test("what went wrong is told once, by whichever of several; then that it goes well again", async () => {
  const kept = new Kept();
  const offices = [office(kept), office(kept), office(kept)];
  await ended("a", "failed");
  await work(...offices);
  await ended("b", "cancelled");
  await ended("c", "succeeded", { dryRun: true });
  await ended("d", "succeeded");
  await ended("e", "succeeded");
  await work(...offices);
  await work(...offices);
  expect(kept.told).toEqual([
    "nightly failed: 0 files failed",
    "nightly recovered: the job has succeeded again",
  ]);
});

test("a thousand failures of one cause are one cause in one message", async () => {
  const kept = new Kept();
  await store.create("a", order("nightly"), clock.now());
  const because = (file: string) => `edge: STOR /pub/${file}: 452 Insufficient storage space`;
  const transfer = (file: string) => ({
    ...{ event: "transfer", source: `archive:/pub/${file}`, target: `edge:/pub/${file}`, outcome: "failed" },
    ...{ by: null, method: null, bytes: 0, resumedFrom: 0, protected: false, digest: null },
    ...{ because: because(file), seconds: 0, attempts: 1 },
  });
  const events = Array.from({ length: 1_000 }, (_, index) => transfer(`file ${index}.iso`));
  await store.log("a", events as Parameters<RunStore["log"]>[1], clock.now());
  await store.end({ id: "a", order: order("nightly") }, undefined, clock.now(), "failed");
  await work(office(kept));
  expect(kept.messages).toHaveLength(1);
  expect(kept.messages[0]?.[0]?.causes).toEqual([
    {
      because: "edge: STOR …: 452 Insufficient storage space",
      count: 1_000,
      first: [0, 1, 2].map((at) => ({
        path: `archive:/pub/file ${at}.iso`,
        because: because(`file ${at}.iso`),
      })),
    },
  ]);
});

test("who is away is told later, in one message, of all that he wants to know and of nothing else", async () => {
  const [kept, other] = [new Kept(["failed", "late"]), new Kept()];
  const both = office(kept, { ...other, name: "other", send: other.send });
  kept.isAway = true;
  await ended("a", "failed");
  await work(both);
  await ended("b", "partial");
  await ended("c", "failed");
  await work(both);
  kept.isAway = false;
  clock.ms += 60_000;
  await work(both);
  expect(kept.messages.map((notices) => notices.map(({ run }) => run))).toEqual([["a", "c"]]);
  expect(other.told).toHaveLength(3);
});

test("an event that was sent is not sent again", async () => {
  const outbox = new Outbox(shared.client, names);
  const notice = lateNotice("late nightly", "nightly", clock.now(), "late");
  const tell = () => Promise.all([1, 2, 3].map(() => outbox.tell(notice, ["kept"], clock.now())));
  expect((await tell()).filter(Boolean)).toHaveLength(1);
  await (await outbox.take("kept", clock.now() + 6_000))?.done();
  expect(await tell()).toEqual([false, false, false]);
  expect(await outbox.take("kept", clock.now() + 60_000)).toBeUndefined();
});

test("what was announced as late is reported as recovered also where whoever announced it died right then", async () => {
  const notice = lateNotice("late nightly", "nightly", clock.now(), "had not ended");
  await new Outbox(shared.client, names).tell(notice, ["kept"], clock.now());
  const kept = new Kept();
  clock.ms += 1_000;
  await ended("a", "succeeded");
  await ended("b", "succeeded");
  await work(office(kept));
  expect(kept.told).toEqual([
    "nightly late: had not ended",
    "nightly recovered: the job has succeeded again",
  ]);
});

test("what one process sends, no other sends meanwhile", async () => {
  const outbox = new Outbox(shared.client, names);
  await outbox.tell(lateNotice("late nightly", "nightly", clock.now(), "late"), ["kept"], clock.now());
  const taken = await Promise.all([1, 2, 3].map(() => outbox.take("kept", clock.now() + 6_000)));
  expect(taken.filter((batch) => batch !== undefined)).toHaveLength(1);
});

test("what nobody takes is given up in the end", async () => {
  const kept = new Kept();
  const only = office(kept);
  kept.isAway = true;
  await ended("a", "failed");
  for (let tries = 0; tries < 20; tries += 1) {
    clock.ms += 3_600_000;
    await only.work(NEVER);
  }
  kept.isAway = false;
  clock.ms += 3_600_000;
  await only.work(NEVER);
  expect(kept.told).toEqual([]);
  expect(await shared.client.hlen(names.outbox("kept"))).toBe(0);
});

function definition(keys: object): Definition {
  const document = { copy: { from: "./a", to: "./b" }, ...keys };
  return {
    name: "nightly",
    file: "nightly.yaml",
    document,
    job: jobSchemaFor(document).parse(document),
    rules: [],
  };
}

/** Two schedulers' alarms, which tell one list. */
async function alarmsFor(keys: object) {
  const kept = new Kept();
  const post = office(kept);
  const alarms = [1, 2].map(
    () =>
      new Alarms({
        kv: new Stores(shared.client, names, store),
        store,
        clock,
        tell: (one) => post.tell(one),
      }),
  );
  for (const one of alarms) one.use([definition(keys)]);
  const look = async (time: string) => {
    at(time);
    await Promise.all(alarms.map((one) => one.look()));
    await work(post);
    return kept.told.map((sentence) => sentence.replace("nightly late: ", ""));
  };
  await look("00:00:00");
  return look;
}

const due = Date.parse("2026-11-21T02:00:00Z");
const daily = { cron: "0 2 * * *", deadline: "30m" };

test("a due time without a run by its deadline is reported once", async () => {
  const look = await alarmsFor({ schedule: daily });
  expect(await look("02:29:00")).toEqual([]);
  const sentence = "due 2026-11-21T02:00Z: no run had been started by 2026-11-21T02:30Z";
  expect(await look("02:31:00")).toEqual([sentence]);
  expect(await look("03:31:00")).toEqual([sentence]);
});

test("a run that goes on past its deadline is late; one that has ended is not", async () => {
  const look = await alarmsFor({ schedule: { ...daily, cron: "0 2,4 * * *" } });
  const late = runId("nightly", due);
  await store.create(late, order("nightly"), due);
  await store.begin(late, due);
  const early = runId("nightly", due + 7_200_000);
  await store.create(early, order("nightly"), due);
  await store.end({ id: early, order: order("nightly") }, undefined, due + 7_300_000, "succeeded");
  await look("02:31:00");
  expect(await look("04:31:00")).toEqual([
    "due 2026-11-21T02:00Z: had not ended by 2026-11-21T02:30Z; 0 files copied so far",
  ]);
});

test("what is skipped is not late", async () => {
  const look = await alarmsFor({ schedule: daily });
  await new Skips(shared.client, names).add("nightly", due, clock.now());
  expect(await look("05:00:00")).toEqual([]);
});

test("what was due while the schedule was held is not late", async () => {
  const look = await alarmsFor({ schedule: { ...daily, cron: "0 4 * * *" } });
  await store.jobs.pause("nightly", true, at("03:59:00"));
  await store.jobs.pause("nightly", false, at("04:01:00"));
  expect(await look("05:00:00")).toEqual([]);
});

test("a due time that is skipped gives no run; the one after it does, over two schedulers", async () => {
  await using queues = openQueues(shared.client, names);
  const deps = { kv: new Stores(shared.client, names, store), store, queues, clock, log: noLogger };
  const schedulers = [1, 2].map(() => new Scheduler(deps));
  for (const one of schedulers) one.use([definition({ schedule: { cron: "0 2,4 * * *" } })]);
  await new Skips(shared.client, names).add("nightly", due, clock.now());
  for (const time of ["01:00:00", "02:00:01", "02:00:02", "04:00:01"]) {
    at(time);
    await Promise.all(schedulers.map((one) => one.tick()));
  }
  expect((await store.latest(10)).map(({ id }) => id)).toEqual([runId("nightly", due + 7_200_000)]);
});

test("a run that takes longer than it may is cancelled, and the reason stays with it", async () => {
  const look = await alarmsFor({ schedule: { cron: "0 2 * * *", longest: "1h" } });
  await store.create("a", order("nightly"), at("02:00:00"));
  await store.begin("a", clock.now());
  expect(await look("02:59:00")).toEqual([]);
  expect((await store.get("a"))?.wish).toBe("run");
  const because = "cancelled: it took longer than the limit of 1 h 0 min";
  expect(await look("03:01:00")).toEqual([because]);
  expect(await store.get("a")).toMatchObject({ wish: "cancel", wishBecause: because });
  expect(await look("03:02:00")).toEqual([because]);
});

test("nothing arrived by a time of the day, though something had the day before", async () => {
  const look = await alarmsFor({ watch: { for: "*.csv", by: "06:00" } });
  await shared.client.hset(names.watch("nightly"), {
    arrivedMs: Date.parse("2026-11-20T05:00:00Z"),
    fault: "no login",
  });
  expect(await look("06:01:00")).toEqual([
    "no files arrived by 2026-11-21T06:00Z; the directory could not be listed: no login",
  ]);
});

/** The runs of a job after its scheduler has looked at each of these times. */
async function firedBy(scheduler: Scheduler, ...times: readonly string[]): Promise<readonly string[]> {
  for (const time of times) {
    at(time);
    await scheduler.tick();
    for (const run of await store.unfinished()) await store.end(run, undefined, clock.ms, "succeeded");
  }
  return (await store.latest(10)).map(({ order: { dueMs = 0 } }) =>
    new Date(dueMs).toISOString().slice(11, 16),
  );
}

test.each([
  ["a job file that was removed", []],
  ["a schedule that was taken out of its file", [{}]],
])("%s and is put back gives no run for the time it was away", async (_, meanwhile) => {
  await using queues = openQueues(shared.client, names);
  const scheduler = new Scheduler({
    kv: new Stores(shared.client, names, store),
    store,
    queues,
    clock,
    log: noLogger,
  });
  const nightly = definition({ schedule: { cron: "0 * * * *", missed: "all" } });
  scheduler.use([nightly]);
  expect(await firedBy(scheduler, "00:30:00", "01:00:00")).toEqual(["01:00"]);
  scheduler.use(meanwhile.map((keys) => definition(keys)));
  expect(await firedBy(scheduler, "02:10:00", "03:10:00")).toEqual(["01:00"]);
  scheduler.use([nightly]);
  expect(await firedBy(scheduler, "03:30:00", "04:00:00")).toEqual(["04:00", "01:00"]);
});

test("nor does one that was put back while no scheduler ran, or whose schedule was changed", async () => {
  await using queues = openQueues(shared.client, names);
  const deps = { kv: new Stores(shared.client, names, store), store, queues, clock, log: noLogger };
  const before = new Scheduler(deps);
  const nightly = definition({ schedule: { cron: "0 * * * *", missed: "all" } });
  before.use([nightly]);
  expect(await firedBy(before, "00:30:00")).toEqual([]);
  before.use([]);
  await firedBy(before, "01:10:00");
  at("02:10:00");
  const after = new Scheduler(deps);
  after.use([nightly]);
  expect(await firedBy(after, "02:10:01", "03:00:00")).toEqual(["03:00"]);
  after.use([definition({ schedule: { cron: "*/10 * * * *", missed: "all" } })]);
  expect(await firedBy(after, "03:55:00", "04:00:00")).toEqual(["04:00", "03:00"]);
});

test("what fell due while no scheduler ran is missed, however short that was", async () => {
  await using queues = openQueues(shared.client, names);
  const deps = { kv: new Stores(shared.client, names, store), store, queues, clock, log: noLogger };
  const nightly = definition({ schedule: { cron: "0 * * * *", missed: "skip" } });
  at("00:30:00");
  const before = new Scheduler(deps);
  before.use([nightly]);
  await firedBy(before, "00:30:00");
  at("01:00:20");
  const after = new Scheduler(deps);
  after.use([nightly]);
  expect(await firedBy(after, "01:00:20", "02:00:01")).toEqual(["02:00"]);
});

test("what falls due while Redis is full is run as soon as it is not, and is complained of once", async () => {
  await using queues = openQueues(shared.client, names);
  const lines: string[] = [];
  const log = { ...noLogger, warn: (_: object, what: string) => lines.push(what), info: noLogger.info };
  const deps = { kv: new Stores(shared.client, names, store), store, queues, clock, log };
  const scheduler = new Scheduler(deps);
  scheduler.use([definition({ schedule: { cron: "0 2 * * *" } })]);
  await firedBy(scheduler, "00:30:00");
  await shared.client.config("SET", "maxmemory", "1");
  try {
    for (const time of ["02:00:00", "02:00:01", "02:00:02"]) {
      at(time);
      await scheduler.tick();
    }
  } finally {
    await shared.client.config("SET", "maxmemory", "0");
  }
  expect(await firedBy(scheduler, "02:00:30")).toEqual(["02:00"]);
  expect(lines).toEqual([FAILING]);
});

test("a scheduler that found Redis full logs that it works again also where another one has run what was due", async () => {
  await using queues = openQueues(shared.client, names);
  const lines: string[] = [];
  const write = (_: object, what: string) => void (what.startsWith("starting due runs") && lines.push(what));
  const deps = { kv: new Stores(shared.client, names, store), store, queues, clock };
  const one = new Scheduler({ ...deps, log: { ...noLogger, warn: write, info: write } });
  const other = new Scheduler({ ...deps, log: noLogger });
  for (const scheduler of [one, other]) {
    scheduler.use([definition({ schedule: { cron: "0 2,3 * * *" } })]);
    await firedBy(scheduler, "00:30:00");
  }
  const whileFull = async (time: string) => {
    await shared.client.config("SET", "maxmemory", "1");
    try {
      at(time);
      await one.tick();
    } finally {
      await shared.client.config("SET", "maxmemory", "0");
    }
  };
  await whileFull("02:00:00");
  expect(await firedBy(other, "02:00:01")).toEqual(["02:00"]);
  await firedBy(one, "02:00:02");
  await whileFull("03:00:00");
  expect(lines).toEqual([FAILING, "starting due runs of nightly: works again", FAILING]);
});

test("a scheduler that found Redis full does not log that it works again before it can write, however long that takes", async () => {
  await using queues = openQueues(shared.client, names);
  const lines: string[] = [];
  const write = (_: object, what: string) => void (what.startsWith("starting due runs") && lines.push(what));
  const deps = { kv: new Stores(shared.client, names, store), store, queues, clock };
  const scheduler = new Scheduler({ ...deps, log: { ...noLogger, warn: write, info: write } });
  scheduler.use([definition({ schedule: { cron: "0 2 * * *", missed: "skip" } })]);
  await firedBy(scheduler, "00:30:00");
  await shared.client.config("SET", "maxmemory", "1");
  try {
    for (const time of ["02:00:00", "02:00:30", "02:01:30", "02:10:00"]) {
      at(time);
      await scheduler.tick();
    }
    expect(lines).toEqual([FAILING]);
  } finally {
    await shared.client.config("SET", "maxmemory", "0");
  }
  await firedBy(scheduler, "02:10:01");
  expect(lines).toEqual([FAILING, "starting due runs of nightly: works again"]);
});
