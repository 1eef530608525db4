import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectRedis } from "../../src/orchestrator/kv/connect.ts";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { SliceStore } from "../../src/orchestrator/kv/stores/slices.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

let server: TestRedis;
let client: RedisClient;
let names: KeyNames;
let slices: SliceStore;
let bad: string[] = [];
let turn = 0;

beforeAll(async () => {
  server = await startRedis();
  const address = { host: "127.0.0.1", port: server.port };
  const onBadRow = (row: string) => void bad.push(row);
  client = await connectRedis(
    { kind: "server", address, database: 0 },
    { whenAway: "wait", tell: () => {}, onBadRow },
  );
});
afterAll(async () => {
  client.disconnect();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  names = new KeyNames(`slices${(turn += 1)}`);
  slices = new SliceStore(client, names);
  bad = [];
});

const SLICE = { run: "r", generation: 2, slice: "2-1" };
const RESULT = {
  copied: 1,
  kept: 0,
  skipped: 0,
  failed: 0,
  thirdParty: 4,
  relayed: 0,
  resumed: 0,
  failures: [],
};

test("what is done of a slice is known by the place of each file, until the slice has a result", async () => {
  await slices.noteDone(SLICE, 0, { what: "copied", by: "relay", bytes: 4, resumed: 0 });
  await slices.noteDone(SLICE, 7, { what: "kept", bytes: 0, resumed: 0 });
  expect([...(await slices.done(SLICE)).keys()]).toEqual([0, 7]);
  expect(await client.ttl(names.done("r", "2-1"))).toBeGreaterThan(6 * 86_400);
  await slices.writeResult(SLICE, RESULT);
  expect((await slices.done(SLICE)).size).toBe(0);
  expect(await slices.results("r", 2, ["2-1", "2-2"])).toEqual(new Map([["2-1", RESULT]]));
});

test("a result belongs to one beginning of its run", async () => {
  await slices.writeResult(SLICE, RESULT);
  expect((await slices.results("r", 1, ["2-1"])).size).toBe(0);
  expect((await slices.results("r", 2, [])).size).toBe(0);
});

test("rows that are no files of a slice, and results that are none, are left out with a warning", async () => {
  await client.hset(names.done("r", "2-1"), { __proto__x: "{}", "-1": "{}", "1": "[]", "2": "no JSON" });
  await slices.noteDone(SLICE, 3, { what: "skipped", bytes: 0, resumed: 0 });
  expect([...(await slices.done(SLICE)).keys()]).toEqual([3]);
  expect(bad).toHaveLength(4);
  await client.hset(names.results("r", 2), "2-1", '{"copied":-1}');
  expect((await slices.results("r", 2, ["2-1"])).size).toBe(0);
  await client.del(names.done("r", "2-1"));
  await client.set(names.done("r", "2-1"), "a text");
  expect((await slices.done(SLICE)).size).toBe(0);
});

test("the place in the queue that was taken last is known for a while", async () => {
  expect(await slices.lastTurn()).toBe(0);
  await slices.noteTurn(17);
  expect(await slices.lastTurn()).toBe(17);
  expect(await client.ttl(names.turn)).toBeGreaterThan(500);
});
