import { expect, test } from "vitest";
import type { TransferEvent } from "../../src/batch/events.ts";
import { LINK_HOURS, LinkCounts } from "../../src/orchestrator/history/links.ts";
import type { RunOrder } from "../../src/orchestrator/runs/run.ts";
import { RunRetention } from "../../src/orchestrator/kv/stores/retention.ts";
import { installationForEach } from "../support/installation.ts";

const own = installationForEach("history");

const DAY = 86_400_000;
const NOW = 20_000 * DAY + 5_000;
const order = (more: Partial<RunOrder> = {}): RunOrder => ({
  job: "job",
  document: {},
  rules: [],
  dryRun: false,
  requestedBy: "person",
  because: "test",
  ...more,
});

/** A run that takes a second, and ends. */
async function run(
  id: string,
  endMs: number,
  outcome: "succeeded" | "partial" | "cancelled" = "succeeded",
  because = "",
  more: Partial<RunOrder> = {},
): Promise<void> {
  const { store } = own().installation;
  await store.create(id, order(more), endMs - 3_000);
  await store.begin(id, endMs - 1_000);
  await store.count(id, { copied: 2, thirdParty: 70, relayed: 30, failed: outcome === "partial" ? 3 : 0 });
  if (outcome === "partial")
    await store.causes.count(
      id,
      1,
      new Map([
        ["edge: 553 …: no room", 2],
        ["edge: 550 …", 1],
      ]),
    );
  await store.end({ id, order: order(more) }, undefined, endMs, outcome, because);
}

test("what a run did is in its job's history, also when its record has been deleted", async () => {
  await run("one", NOW);
  await run("two", NOW + 1_000, "partial");
  await run("three", NOW + DAY, "cancelled", "cancelled");
  await run("dry", NOW + DAY, "succeeded", "", { dryRun: true });
  const { redis, names, history, store } = own().installation;
  await new RunRetention(redis, names, { runs: 1, ageMs: DAY }).forget(NOW + 10 * DAY);
  expect(await store.latest(10)).toEqual([]);
  expect(await redis.keys(`${names.prefix}:run:*`)).toEqual([]);
  expect(await history.runs("job", 2)).toMatchObject([
    { run: "three", outcome: "cancelled", cause: "cancelled" },
    {
      run: "two",
      outcome: "partial",
      createdMs: NOW - 2_000,
      startedMs: NOW,
      endedMs: NOW + 1_000,
      files: { copied: 2, kept: 0, deleted: 0, skipped: 0, failed: 3 },
      bytes: { thirdParty: 70, relayed: 30, serverSide: 0, resumed: 0 },
      cause: "edge: 553 …: no room",
    },
  ]);
  expect(await history.days("job", NOW - DAY)).toEqual([
    { atMs: 20_000 * DAY, runs: 2, succeeded: 1, copied: 4, failed: 3, bytes: 200, durationMs: 2_000 },
    { atMs: 20_001 * DAY, runs: 1, succeeded: 0, copied: 2, failed: 0, bytes: 100, durationMs: 1_000 },
  ]);
  expect(await history.runs("other", 5)).toEqual([]);
});

test("a run is in the history once, however often its end is reported", async () => {
  await run("one", NOW);
  await own().installation.store.end({ id: "one", order: order() }, undefined, NOW + 1, "failed", "again");
  expect(await own().installation.history.runs("job", 5)).toMatchObject([
    { run: "one", outcome: "succeeded" },
  ]);
});

test("years of hourly runs take a few hundred kilobytes", async () => {
  const { redis, names, history } = own().installation;
  await redis.eval(
    `for day = 1, 3700 do redis.call('HSET', KEYS[2], day, '24,24,2400,0,123456789012,3600000') end
     for at = 1, 2500 do redis.call('RPUSH', KEYS[1], '["mirror-of-debian_20260101T000000Z","succeeded",1780000000000,1780000000000,1780000000000,100,900000,3,0,0,123456789012,0,0,0]') end`,
    2,
    names.history("job"),
    names.days("job"),
  );
  await run("last", NOW);
  const used = async (key: string) => Number(await redis.call("MEMORY", "USAGE", key, "SAMPLES", "0"));
  expect((await used(names.history("job"))) + (await used(names.days("job")))).toBeLessThan(700_000);
  expect(await history.runs("job", 5_000)).toHaveLength(2_000);
  expect((await history.days("job", 0)).length).toBeLessThan(3_650);
  expect(await redis.ttl(names.days("job"))).toBeGreaterThan(2 * 365 * 86_400);
});

test("a run ends whatever stands where its history is kept, and bad rows of it are left out", async () => {
  const { redis, names, history, store } = own().installation;
  await redis.set(names.history("job"), "x");
  await redis.set(names.days("job"), "x");
  await redis.set(names.causes("one"), "x");
  await run("one", NOW);
  expect(await store.get("one")).toMatchObject({ state: "ended" });
  expect(await history.runs("job", 5)).toEqual([]);
  expect(await history.days("job", 0)).toEqual([]);
  await redis.del(names.history("job"), names.days("job"));
  await redis.rpush(names.history("job"), "[]", '["a","good",1,2,3]', "{", '["../x","succeeded",1,2,3]');
  await redis.hset(names.days("job"), "20000", "many", "x", "1,1,1,1,1,1");
  await run("two", NOW);
  expect(await history.runs("job", 5)).toMatchObject([{ run: "two" }]);
  expect(await history.days("job", 0)).toMatchObject([{ runs: 1 }]);
});

test("reasons of a run are distinguished up to a number, those of an earlier beginning do not count, and none is negative", async () => {
  const { store } = own().installation;
  await store.create("r", order(), 1);
  await store.begin("r", 2);
  await store.causes.count("r", 1, new Map([["early", 1]]));
  expect(await store.causes.of("r")).toEqual([{ because: "early", count: 1 }]);
  await store.begin("r", 3);
  // What the first beginning still says does not count any more.
  await store.causes.count("r", 1, new Map([["late", 1]]));
  await store.causes.count("r", 2, new Map(Array.from({ length: 40 }, (_, at) => [`reason ${at}`, 1])));
  await store.causes.count(
    "r",
    2,
    new Map([
      ["reason 0", -1],
      ["reason 1", 4],
    ]),
  );
  const causes = await store.causes.of("r");
  expect(causes.slice(0, 2)).toEqual([
    { because: "other causes", count: 8 },
    { because: "reason 1", count: 5 },
  ]);
  expect(causes).toHaveLength(32);
  await store.causes.count("no-run", 1, new Map([["a", 1]]));
  expect(await store.causes.of("no-run")).toEqual([]);
});

test("promise 8, what has failed of a slice counts once, whoever has it and however often that is said", async () => {
  const { store } = own().installation;
  await store.create("r", order(), 1);
  await store.begin("r", 2);
  const slice = { run: "r", generation: 1, slice: "1-1" };
  const count = (times: number, causes: Readonly<Record<string, number>>, of: object = {}) =>
    store.causes.countSlice({ ...slice, ...of }, times, new Map(Object.entries(causes)));
  const counted = async () => {
    const causes = Object.fromEntries(
      (await store.causes.of("r")).map(({ because, count: files }) => [because, files]),
    );
    return [(await store.get("r"))?.counters.failed, causes];
  };
  await count(1, { denied: 1 }, { slice: "1-2" });
  // A reply of Redis that is lost is asked for once more.
  for (const _ of [1, 2]) await count(1, { denied: 2, gone: 1 });
  expect(await counted()).toEqual([4, { denied: 3, gone: 1 }]);
  // Whoever had it died; who takes it again begins with nothing.
  await count(2, {});
  expect(await counted()).toEqual([1, { denied: 1 }]);
  await count(2, { gone: 1 });
  // It was not dead after all.
  await count(1, { denied: 3, gone: 1 });
  expect(await counted()).toEqual([2, { denied: 1, gone: 1 }]);
  // Beyond the most that are distinguished they are counted together, and taken back so, too.
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`reason ${at}`, 1]));
  await count(1, many, { slice: "1-3" });
  expect(await counted()).toEqual([42, expect.objectContaining({ "other causes": 10 })]);
  await count(2, {}, { slice: "1-3" });
  expect(await counted()).toEqual([2, { denied: 1, gone: 1 }]);
  await store.begin("r", 3);
  await count(3, { denied: 9 });
  expect(await counted()).toEqual([0, {}]);
  await count(1, { denied: 1 }, { generation: 2, slice: "2-1" });
  await store.end({ id: "r", order: order() }, 2, 4, "partial");
  await count(2, {}, { generation: 2, slice: "2-1" });
  expect(await counted()).toEqual([1, { denied: 1 }]);
  expect(await own().installation.redis.exists(own().installation.names.failing("r"))).toBe(0);
});

const transfer = (more: Partial<TransferEvent>): TransferEvent =>
  ({
    event: "transfer",
    source: "a:x",
    target: "b:x",
    outcome: "succeeded",
    by: "third-party",
    method: "source-pasv",
    bytes: 1_000,
    seconds: 2,
    ...more,
  }) as TransferEvent;

test("what goes over a link is counted by the hour: files, bytes, methods and reasons", async () => {
  const { redis, names, links } = own().installation;
  const counts = new LinkCounts(redis, names);
  const link = { source: "archive", target: "edge" };
  const hour = 3_600_000;
  const nowMs = Math.floor(NOW / hour) * hour;
  counts.add(link, transfer({}), "");
  counts.add(link, transfer({ by: "relay", method: null }), "");
  counts.add(link, transfer({ outcome: "cancelled" }), "");
  await counts.write(nowMs - hour);
  counts.add(link, transfer({ outcome: "failed", bytes: 5, by: null }), "edge: 553 …");
  await counts.write(nowMs);
  await counts.write(nowMs);
  expect(await links.all(nowMs)).toEqual([{ ...link, lastMs: nowMs }]);
  expect(await links.hours(link, nowMs, 24)).toEqual([
    {
      ...{ atMs: nowMs - hour, succeeded: 2, failed: 0, bytes: 2_000, transferMs: 4_000 },
      ...{ methods: { "source-pasv": 1, relay: 1 }, causes: {} },
    },
    {
      ...{ atMs: nowMs, succeeded: 0, failed: 1, bytes: 5, transferMs: 2_000 },
      ...{ methods: {}, causes: { "edge: 553 …": 1 } },
    },
  ]);
  expect(await links.hours({ source: "edge", target: "archive" }, nowMs, 24)).toEqual([]);
  expect(await links.all(nowMs + 36 * DAY)).toEqual([]);
  expect(await links.all(nowMs)).toEqual([]);
});

test("five weeks of a link take a few hundred kilobytes, however many reasons its failures have", async () => {
  const { redis, names, links } = own().installation;
  const counts = new LinkCounts(redis, names);
  const link = { source: "archive", target: "edge" };
  const hour = 3_600_000;
  for (let back = LINK_HOURS - 1; back >= 0; back -= 1) {
    for (const more of [{}, { by: "relay", method: null }] as const) counts.add(link, transfer(more), "");
    // One hour in which every file failed for a reason of its own, which no text may hide from the bound.
    const reasons = back === 0 ? 5_000 : 2;
    for (let one = 0; one < reasons; one += 1)
      counts.add(link, transfer({ outcome: "failed", by: null }), `edge: 553 ${one} ${"x".repeat(500)}`);
    await counts.write(NOW - back * hour);
  }
  const keys = await redis.keys(`${names.prefix}:link:*`);
  expect(keys).toHaveLength(LINK_HOURS);
  let used = 0;
  for (const key of keys) {
    used += Number(await redis.call("MEMORY", "USAGE", key, "SAMPLES", "0"));
    expect(await redis.ttl(key)).toBeLessThanOrEqual(LINK_HOURS * 3_600);
  }
  expect(used).toBeLessThan(900_000);
  const last = (await links.hours(link, NOW, 1)).at(-1);
  expect(last?.failed).toBe(5_000);
  expect(Object.keys(last?.causes ?? {}).length).toBeLessThanOrEqual(33);
});
