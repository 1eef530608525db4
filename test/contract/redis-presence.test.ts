import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { redisLedger } from "../../src/orchestrator/claims/ledger.ts";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { livingWorkers, WorkerLease, workersAlive } from "../../src/orchestrator/claims/worker-lease.ts";
import { BusyError, LostWorkersError } from "../../src/transfer/errors.ts";
import { sharedRedis } from "../support/redis-client.ts";

const names = new KeyNames("test");
const SOURCE = { source: "ftp://alpha/a", sizeBytes: 3 };
const shared = sharedRedis();

afterEach(() => vi.useRealTimers());

test("a target has one writer, until that gives it back or lives no more", async () => {
  const one = await WorkerLease.begin(shared.client, names);
  await using two = await WorkerLease.begin(shared.client, names);
  const [ours, theirs] = [one, two].map((presence) => redisLedger(shared.client, names, presence, "o"));
  const claim = await ours?.claim("a", SOURCE);
  await expect(theirs?.claim("a", SOURCE)).rejects.toThrow(BusyError);
  await claim?.release(false);
  await (await theirs?.claim("a", SOURCE))?.release(false);
  await ours?.claim("b", SOURCE);
  await one[Symbol.asyncDispose]();
  expect(await theirs?.claim("b", SOURCE)).toMatchObject({ begun: SOURCE, mayHaveLeft: true });
});

test("how the bytes of a partial file arrived is known to the next writer, and to none after it", async () => {
  const arrivedBy = { by: "third-party", method: "target-pasv", protected: false } as const;
  await using presence = await WorkerLease.begin(shared.client, names);
  const ledger = redisLedger(shared.client, names, presence, "o");
  await (await ledger.claim("arrived", SOURCE)).release(true, arrivedBy);
  const next = await ledger.claim("arrived", SOURCE);
  expect(next).toMatchObject({ begun: SOURCE, arrivedBy });
  await next.release(true);
  expect((await ledger.claim("arrived", SOURCE)).arrivedBy).toBeUndefined();
});

/** The clock and the timers of this process are the test's from now on; those of Redis are not. */
function driveClock(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
}

/** Lets time go by; what was due then has its answer, which comes before that of a later command. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await shared.client.ping();
}

test("a worker that was cut off from Redis for longer than it is believed to live publishes nothing", async () => {
  driveClock();
  await using presence = await WorkerLease.begin(shared.client, names);
  const ledger = redisLedger(shared.client, names, presence, "o");
  const claim = await ledger.claim("c", SOURCE);
  expect(() => claim.requireHeld?.()).not.toThrow();
  await shared.client.del(names.worker(presence.id)); // what its time does, which only this process drives
  shared.redis.signal("SIGSTOP");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(() => claim.requireHeld?.()).toThrow("lost its connection to Redis");
  shared.redis.signal("SIGCONT");
  await shared.client.ping();
  await pass(2_500);
  expect(presence.isSure).toBe(true);
  // It lives again, and another may have taken the target in between.
  expect(() => claim.requireHeld?.()).toThrow("lease expired");
  await claim.release(false);
  const again = await ledger.claim("c", SOURCE);
  expect(() => again.requireHeld?.()).not.toThrow();
});

test("a worker whose signs Redis refused for a while is as sure as before once it takes one", async () => {
  driveClock();
  await using presence = await WorkerLease.begin(shared.client, names);
  const { epoch } = presence;
  await shared.client.config("SET", "min-replicas-to-write", "1");
  for (let second = 0; second < 5; second += 1) await pass(1_000);
  await shared.client.config("SET", "min-replicas-to-write", "0");
  for (let second = 0; second < 5; second += 1) {
    await pass(1_000);
    expect(presence.isSure).toBe(true);
  }
  expect(presence.epoch).toBe(epoch);
});

test("a worker that ends while a sign of it is on its way to Redis gives no other", async () => {
  driveClock();
  const presence = await WorkerLease.begin(shared.client, names);
  shared.redis.signal("SIGSTOP");
  await vi.advanceTimersByTimeAsync(3_000); // the next sign has been sent, and is not answered
  await presence[Symbol.asyncDispose]();
  expect(presence.isSure).toBe(false);
  shared.redis.signal("SIGCONT");
  await shared.client.ping();
  expect(await shared.client.exists(names.worker(presence.id))).toBe(0);
  for (let second = 0; second < 5; second += 1) await pass(1_000);
  expect(await shared.client.exists(names.worker(presence.id))).toBe(0);
});

/** A worker that claims a target and dies. */
async function dieOn(key: string): Promise<unknown> {
  const presence = await WorkerLease.begin(shared.client, names);
  const claimed = await redisLedger(shared.client, names, presence, "o")
    .claim(key, SOURCE)
    .catch((error: unknown) => error);
  await presence[Symbol.asyncDispose]();
  return claimed;
}

test("a file on which three workers in a row have died is failed by its name, and may be tried again", async () => {
  for (let death = 0; death < 3; death += 1) expect(await dieOn("d")).not.toBeInstanceOf(Error);
  await using presence = await WorkerLease.begin(shared.client, names);
  const ledger = redisLedger(shared.client, names, presence, "o");
  await expect(ledger.claim("d", SOURCE)).rejects.toThrow("the worker died while copying this file");
  const again = await ledger.claim("d", SOURCE);
  expect(again).toMatchObject({ begun: SOURCE });
  await again.release(false);
});

test("deaths on a file count only where nobody came to an end with it in between", async () => {
  for (let death = 0; death < 2; death += 1) await dieOn("e");
  await using presence = await WorkerLease.begin(shared.client, names);
  const ledger = redisLedger(shared.client, names, presence, "o");
  await (await ledger.claim("e", SOURCE)).release(true);
  for (let death = 0; death < 2; death += 1) expect(await dieOn("e")).not.toBeInstanceOf(Error);
  await (await ledger.claim("e", SOURCE)).release(false);
});

test("a worker that was cut off and lives did not die on a file", async () => {
  await using cutOff = await WorkerLease.begin(shared.client, names);
  await redisLedger(shared.client, names, cutOff, "o").claim("f", SOURCE);
  await shared.client.del(names.worker(cutOff.id)); // as if it had stood still
  await dieOn("f");
  await shared.client.set(names.worker(cutOff.id), "1"); // it goes on
  expect(await dieOn("f")).not.toBeInstanceOf(Error);
  expect(await dieOn("f")).not.toBeInstanceOf(Error);
  expect(await dieOn("f")).toBeInstanceOf(LostWorkersError);
});

test("claiming and giving back wait while Redis takes no writes, and end with their worker", async () => {
  await using presence = await WorkerLease.begin(shared.client, names);
  const closing = new AbortController();
  const ledger = redisLedger(shared.client, names, presence, "o", closing.signal);
  const had = await ledger.claim("j", SOURCE);
  await shared.client.config("SET", "min-replicas-to-write", "1");
  const waiting = ledger.claim("g", SOURCE);
  const given = ledger.claim("h", SOURCE);
  const back = had.release(false);
  await sleep(200);
  await shared.client.config("SET", "min-replicas-to-write", "0");
  await (await waiting).release(false);
  await (await given).release(false);
  await back;
  const again = await ledger.claim("j", SOURCE);
  await shared.client.config("SET", "min-replicas-to-write", "1");
  const ended = ledger.claim("i", SOURCE);
  const left = again.release(false);
  closing.abort(new Error("the worker is shutting down"));
  await expect(ended).rejects.toThrow();
  await left;
  await shared.client.config("SET", "min-replicas-to-write", "0");
});

test("workers that live are counted; one that has ended or was killed is not", async () => {
  const own = new KeyNames("counted");
  const one = await WorkerLease.begin(shared.client, own);
  await using two = await WorkerLease.begin(shared.client, own);
  expect(await livingWorkers(shared.client, own)).toBe(2);
  await one[Symbol.asyncDispose]();
  expect(await livingWorkers(shared.client, own)).toBe(1);
  // What a killed one leaves: its key expires, and nobody says goodbye.
  await shared.client.del(own.worker(two.id));
  expect(await livingWorkers(shared.client, own)).toBe(0);
  expect(await shared.client.exists(own.workers)).toBe(0);
});

test("workers say who they are; a row that is not theirs says nothing, and neither do workers of earlier versions", async () => {
  const own = new KeyNames("known");
  await using one = await WorkerLease.begin(shared.client, own, { version: "1.2.3", sinceMs: 5 });
  await shared.client.sadd(own.workers, "before", "forged", "dead");
  await shared.client.set(own.worker("before"), "1");
  await shared.client.set(own.worker("forged"), '{"host":7}');
  const found = await workersAlive(shared.client, own);
  expect(found).toHaveLength(3);
  expect(found).toEqual(
    expect.arrayContaining([
      { id: "before" },
      { id: "forged" },
      { id: one.id, host: expect.any(String), pid: process.pid, version: "1.2.3", sinceMs: 5 },
    ]),
  );
});
