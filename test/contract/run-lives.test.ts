import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jobSchemaFor } from "../../src/config/schema/jobs.ts";
import type { Definition } from "../../src/orchestrator/definitions.ts";
import { orderFor } from "../../src/orchestrator/runs/request.ts";
import type { Run } from "../../src/orchestrator/runs/run.ts";
import { endRun } from "../../src/orchestrator/runs/dispatch.ts";
import { followersOf } from "../../src/orchestrator/runs/followers.ts";
import { Arrivals } from "../../src/orchestrator/scheduler/arrivals.ts";
import { Scheduler } from "../../src/orchestrator/scheduler/scheduler.ts";
import { KeptConnections } from "../../src/orchestrator/slots/kept-connections.ts";
import { Slots } from "../../src/orchestrator/slots/slots.ts";
import { noLogger } from "../../src/shared/logger.ts";
import { installationForEach } from "../support/installation.ts";

const own = installationForEach("lives");

const NOW = Date.parse("2026-11-21T02:00:30Z");
const clock = { now: () => NOW, sleep: async () => {} };
const NEVER = new AbortController().signal;

function definition(name: string, more: object = {}): Definition {
  const document = { copy: { from: join(own().path, "inbox/*"), to: join(own().path, "out/") }, ...more };
  const job = jobSchemaFor(document).parse(document);
  return { name, file: `${name}.yaml`, document, job, rules: [] };
}

const task = (path: string) => ({ f: 0, p: path, t: `out/${path}` });

/** All ways in which a run comes to be; each asks for one run of `job`. */
const WAYS: Readonly<Record<string, () => Promise<unknown>>> = {
  async "a person asks for it"() {
    const { document } = definition("job");
    await own().installation.control.submit({ job: "job", document, rules: [] });
  },
  async "its schedule is due"() {
    const { store, names } = own().installation;
    await own().installation.redis.hset(names.job("job"), "seenTo", NOW - 60_000);
    const scheduler = new Scheduler({ ...own().installation, store, clock, log: noLogger });
    scheduler.use([definition("job", { schedule: { cron: "0 2 * * *", timeZone: "UTC" } })]);
    await scheduler.tick();
  },
  async "its file arrives"() {
    await mkdir(join(own().path, "inbox"));
    await writeFile(join(own().path, "inbox/a"), "text");
    const { redis, names } = own().installation;
    const slots = await Slots.open(redis, { prefix: names.prefix });
    const deps = {
      ...own().installation,
      slots,
      connections: new KeptConnections(slots, () => performance.now()),
      directories: own().directories,
      clock,
      chance: Math.random,
      log: noLogger,
    };
    const arrivals = new Arrivals(deps);
    arrivals.use([definition("job", { watch: { for: "a", every: "10s" } })]);
    arrivals.begin(NEVER);
    await arrivals[Symbol.asyncDispose]();
    await slots[Symbol.asyncDispose]();
  },
  async "the run of another job has ended"() {
    const { store } = own().installation;
    const order = orderFor(definition("first"), { requestedBy: "person", because: "test" });
    await store.create("first", order, NOW);
    const followers = followersOf({ id: "first", order }, "succeeded", [
      definition("job", { after: { job: "first" } }),
    ]);
    await endRun(
      own().installation,
      { id: "first", order },
      { generation: undefined, nowMs: NOW, outcome: "succeeded", followers },
    );
  },
  async "its failed files are tried again"() {
    const { store, control } = own().installation;
    const order = orderFor(definition("job"), { requestedBy: "person", because: "test" });
    await store.create("before", order, NOW);
    const begun = await store.begin("before", NOW);
    await store.failed.add("before", begun?.generation ?? 0, [task("a")]);
    await store.end({ id: "before", order }, undefined, NOW, "partial");
    expect((await control.retry("before")).order.because).toBe("1 file of before failed");
  },
};

test.each(Object.keys(WAYS))(
  "a run that is made since %s is in its record, in all indexes and in the queue",
  async (way) => {
    await WAYS[way]?.();
    const { redis, names, store, queues } = own().installation;
    const runs = await store.unfinished("job");
    expect(runs).toHaveLength(1);
    const { id } = runs[0] as Run;
    const fields = await redis.hgetall(names.run(id));
    expect(Object.keys(fields).sort()).toEqual(["created", "generation", "job", "order", "state", "wish"]);
    expect(fields).toMatchObject({ job: "job", state: "queued", wish: "run", generation: "0" });
    for (const index of [names.runs, names.open, names.runsOf("job"), names.openOf("job")])
      expect(await redis.zscore(index, id), index).toBe(fields["created"]);
    expect(await queues.runs.getJobState(id)).toBe("prioritized");
    expect(runs[0]?.order).toMatchObject({ job: "job", rules: [], dryRun: false });
  },
);

test("the end of a run does all that follows from it at once: indexes, followers, totals, history, notices, waiters", async () => {
  const { store, redis, names, history, queues } = own().installation;
  const order = orderFor(definition("job"), { requestedBy: "person", because: "test" });
  for (const id of ["one", "two"]) await store.create(id, order, NOW);
  await store.create("other", { ...order, job: "other" }, NOW);
  await redis.hset(names.job("job"), "bad", 1);
  await store.begin("one", NOW);
  await store.count("one", { copied: 2, kept: 3 });
  await store.waitFor("one", { id: "other", createdMs: NOW });
  const next = { id: "next", order: orderFor(definition("next"), { requestedBy: "chain", because: "test" }) };
  const end = { generation: 1, nowMs: NOW + 9, outcome: "succeeded", followers: [next] } as const;
  expect(await endRun(own().installation, { id: "one", order }, end)).toBe(true);
  expect(await store.get("one")).toMatchObject({ state: "ended", isRecovery: true, endedMs: NOW + 9 });
  expect(await redis.zscore(names.open, "one")).toBeNull();
  expect(await redis.zscore(names.openOf("job"), "one")).toBeNull();
  expect(await redis.zscore(names.ended, "one")).toBe(String(NOW + 9));
  expect(await redis.zscore(names.kept, "job")).toBe("1");
  expect(await redis.zscore(names.unannounced, "one")).toBe(String(NOW + 9));
  expect(await store.jobs.get("job")).toMatchObject({ lastRun: "one", lastGoodMs: NOW + 9 });
  expect(await store.totals()).toMatchObject({ "runs:succeeded": 1, copied: 2, kept: 3 });
  expect(await history.runs("job", 9)).toMatchObject([{ run: "one", files: { copied: 2 } }]);
  expect(await queues.runs.getJobState("next")).toBe("prioritized");
  for (const id of ["two", "other"]) expect(await store.timesWoken(id), id).toBe(1);
  expect(await store.timesWoken("next")).toBe(0);
  expect(await endRun(own().installation, { id: "one", order }, end)).toBe(false);
  expect(await store.totals()).toMatchObject({ "runs:succeeded": 1, copied: 2, kept: 3 });
});

test("a dry run ends without counting for its job", async () => {
  const { store, history, redis, names } = own().installation;
  const order = orderFor(definition("job"), { requestedBy: "person", because: "test", dryRun: true });
  await store.create("dry", order, NOW);
  await endRun(
    own().installation,
    { id: "dry", order },
    { generation: undefined, nowMs: NOW, outcome: "failed" },
  );
  expect(await store.get("dry")).toMatchObject({ state: "ended", outcome: "failed" });
  expect(await history.runs("job", 9)).toEqual([]);
  expect(await store.totals()).toEqual({});
  expect(await redis.zcard(names.unannounced)).toBe(0);
  expect(await redis.zscore(names.ended, "dry")).toBe(String(NOW));
});

test("every end but a cancellation is reported", async () => {
  const { store, redis, names } = own().installation;
  const order = orderFor(definition("job"), { requestedBy: "person", because: "test" });
  for (const outcome of ["succeeded", "partial", "failed", "refused", "cancelled"] as const) {
    await store.create(outcome, order, NOW);
    await store.end({ id: outcome, order }, undefined, NOW, outcome);
  }
  expect(await redis.zrange(names.unannounced, "0", "-1")).toEqual([
    "failed",
    "partial",
    "refused",
    "succeeded",
  ]);
});

test("files that failed are the run's only while the beginning in which they failed goes on", async () => {
  const { store } = own().installation;
  const order = orderFor(definition("job"), { requestedBy: "person", because: "test" });
  await store.create("run", order, NOW);
  await store.begin("run", NOW);
  await store.failed.add("run", 1, [task("a")]);
  await store.begin("run", NOW);
  await store.failed.clear("run");
  await store.failed.add("run", 1, [task("late")]);
  await store.failed.add("run", 2, [task("b")]);
  await store.end({ id: "run", order }, 2, NOW, "partial");
  await store.failed.add("run", 2, [task("later")]);
  expect((await store.failed.of("run")).map(({ p }) => p)).toEqual(["b"]);
});
