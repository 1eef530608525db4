import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redisLedger } from "../../src/orchestrator/claims/ledger.ts";
import { Names } from "../../src/orchestrator/names.ts";
import { Presence } from "../../src/orchestrator/claims/presence.ts";
import { connectRedis, type RedisClient } from "../../src/orchestrator/redis/connect.ts";
import { BusyError } from "../../src/transfer/errors.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const names = new Names("test");
const SOURCE = { source: "ftp://alpha/a", sizeBytes: 3 };
let redis: TestRedis;
let client: RedisClient;

beforeAll(async () => {
  redis = await startRedis();
  const address = { host: "127.0.0.1", port: redis.port };
  client = await connectRedis({ kind: "server", address, database: 0 }, { whenAway: "wait", tell: () => {} });
});
afterAll(async () => {
  client.disconnect();
  await redis[Symbol.asyncDispose]();
});

test("a target has one writer, until that gives it back or lives no more", async () => {
  const one = await Presence.begin(client, names);
  await using two = await Presence.begin(client, names);
  const [ours, theirs] = [one, two].map((presence) => redisLedger(client, names, presence, "o"));
  const claim = await ours?.claim("a", SOURCE);
  await expect(theirs?.claim("a", SOURCE)).rejects.toThrow(BusyError);
  await claim?.release(false);
  await (await theirs?.claim("a", SOURCE))?.release(false);
  await ours?.claim("b", SOURCE);
  await one[Symbol.asyncDispose]();
  expect(await theirs?.claim("b", SOURCE)).toMatchObject({ begun: SOURCE, mayHaveLeft: true });
});

test("a worker that was cut off from Redis for longer than it is believed to live publishes nothing", async () => {
  await using presence = await Presence.begin(client, names);
  const ledger = redisLedger(client, names, presence, "o");
  const claim = await ledger.claim("c", SOURCE);
  expect(() => claim.requireHeld?.()).not.toThrow();
  redis.signal("SIGSTOP");
  await sleep(10_000);
  expect(() => claim.requireHeld?.()).toThrow("cut off from Redis");
  redis.signal("SIGCONT");
  while (!presence.isSure) await sleep(50);
  // It lives again, and another may have taken the target in between.
  expect(() => claim.requireHeld?.()).toThrow("believed dead");
  await claim.release(false);
  const again = await ledger.claim("c", SOURCE);
  expect(() => again.requireHeld?.()).not.toThrow();
});

test("a worker that ends while a sign of it is on its way to Redis gives no other", async () => {
  const presence = await Presence.begin(client, names);
  redis.signal("SIGSTOP");
  await sleep(3_000); // the next sign has been sent, and is not answered
  await presence[Symbol.asyncDispose]();
  expect(presence.isSure).toBe(false);
  redis.signal("SIGCONT");
  expect(await client.exists(names.worker(presence.id))).toBe(0);
  await sleep(3_000);
  expect(await client.exists(names.worker(presence.id))).toBe(0);
});
