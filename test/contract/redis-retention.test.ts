import { beforeEach, expect, test } from "vitest";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { type Retention, RunRetention } from "../../src/orchestrator/kv/stores/retention.ts";
import type { RunOrder } from "../../src/orchestrator/runs/run.ts";
import { RunStore } from "../../src/orchestrator/kv/stores/runs.ts";
import { commandsOf, sumOf } from "../support/installation.ts";
import { sharedRedis } from "../support/redis-client.ts";

const NOW = Date.parse("2026-11-28T00:00:00Z");
const DAY = 86_400_000;

const shared = sharedRedis();
let names: KeyNames;
let store: RunStore;
let turn = 0;

beforeEach(() => {
  turn += 1;
  names = new KeyNames(`kept${turn}`);
  store = new RunStore(shared.client, names);
});

function order(job: string): RunOrder {
  return { job, document: {}, rules: [], dryRun: false, requestedBy: "schedule", because: "due" };
}

async function ended(id: string, job: string, endedMs: number): Promise<void> {
  await store.create(id, order(job), endedMs - 1_000);
  await store.log(id, [{ event: "note", because: "said" }], endedMs);
  await store.end({ id, order: order(job) }, undefined, endedMs, "succeeded");
}

function retention(keep: Partial<Retention> = {}): RunRetention {
  return new RunRetention(shared.client, names, { runs: 1_000, ageMs: 30 * DAY, ...keep });
}

async function ids(job?: string): Promise<readonly string[]> {
  return (await store.latest(10_000, job)).map(({ id }) => id);
}

/** Records as version 0.9 left them: a hash, and an entry in the index of all runs. */
async function olderRecords(job: string, count: number, stepMs: number): Promise<void> {
  const pipeline = shared.client.pipeline();
  for (let at = 0; at < count; at += 1) {
    const [id, ms] = [`${job}-${at}`, NOW - (count - at) * stepMs];
    const fields = {
      order: JSON.stringify(order(job)),
      created: ms,
      state: "ended",
      wish: "run",
      generation: 1,
    };
    pipeline.hset(names.run(id), { ...fields, ended: ms + 500, outcome: "succeeded" });
    pipeline.zadd(names.runs, ms, id);
  }
  await pipeline.exec();
}

test("records that are too many go although they are young, the oldest first", async () => {
  for (let at = 0; at < 6; at += 1) await ended(`r${at}`, "one", NOW - 60_000 + at);
  expect(await retention({ runs: 2 }).forget(NOW)).toBe(4);
  expect(await ids()).toEqual(["r5", "r4"]);
  expect(await shared.client.exists(names.run("r0"), names.log("r0"))).toBe(0);
});

test("records that are too old go although they are few", async () => {
  await ended("old", "one", NOW - 31 * DAY);
  await ended("young", "one", NOW - 29 * DAY);
  expect(await retention().forget(NOW)).toBe(1);
  expect(await ids()).toEqual(["young"]);
});

test("a busy job does not displace the records of a quiet one", async () => {
  await ended("quiet", "quiet", NOW - DAY);
  for (let at = 0; at < 20; at += 1) await ended(`busy${at}`, "busy", NOW - 1_000 + at);
  await retention({ runs: 5 }).forget(NOW);
  expect(await ids("quiet")).toEqual(["quiet"]);
  expect(await ids("busy")).toEqual(["busy19", "busy18", "busy17", "busy16"]);
});

test("runs that have not ended are kept, however old, and count for nothing", async () => {
  await store.create("paused", order("one"), NOW - 90 * DAY);
  for (let at = 0; at < 3; at += 1) await ended(`r${at}`, "one", NOW - 60_000 + at);
  await retention({ runs: 1 }).forget(NOW);
  expect(await ids()).toEqual(["r2", "paused"]);
  expect(await ids("one")).toEqual(["r2", "paused"]);
});

test("where there is nothing to forget, that takes a handful of commands, however many records there are", async () => {
  for (let at = 0; at < 1_000; at += 1) await ended(`r${at}`, "one", NOW - DAY + at);
  const one = retention();
  await one.forget(NOW);
  await shared.client.config("RESETSTAT");
  for (let sweep = 0; sweep < 10; sweep += 1) await one.forget(NOW);
  const commands = await commandsOf(shared.client);
  expect(commands.get("hgetall")).toBeUndefined();
  expect(sumOf(commands)).toBeLessThan(10 * 10);
});

test("records of an older version are found, bounded and told by job", async () => {
  await olderRecords("one", 2_000, 1_000);
  await olderRecords("two", 2_000, 1_000);
  await store.create("open", order("one"), NOW - 1);
  await shared.client.zrem(names.openOf("one"), "open");
  const one = retention({ runs: 100 });
  await one.forget(NOW);
  expect(await ids()).toHaveLength(101);
  expect(await ids("two")).toHaveLength(50);
  expect((await ids("two"))[0]).toBe("two-1999");
  expect(await store.firstOf("one")).toBe("open");
  expect((await shared.client.keys(`${names.run("")}*`)).length).toBe(101);
  await shared.client.config("RESETSTAT");
  await one.forget(NOW);
  expect(sumOf(await commandsOf(shared.client))).toBeLessThan(10);
});

test("a row that is no run leaves the index", async () => {
  await shared.client.zadd(names.runs, NOW, "ghost");
  await ended("real", "one", NOW - 1_000);
  await retention().forget(NOW);
  expect(await shared.client.zrange(names.runs, "0", "-1")).toEqual(["real"]);
});

test("the last runs of a quiet job are found behind thousands of another's", async () => {
  await ended("quiet", "quiet", NOW - DAY);
  for (let at = 0; at < 500; at += 1) await ended(`busy${at}`, "busy", NOW - 1_000 + at);
  expect((await store.latest(1, "quiet")).map(({ id }) => id)).toEqual(["quiet"]);
});
