import { expect, test } from "vitest";
import type { RedisClient } from "../../../../src/orchestrator/kv/client.ts";
import { SharedClock } from "../../../../src/orchestrator/kv/shared-clock.ts";

/** A machine and a Redis, each with its clock; what Redis is asked takes its time. */
function two(localMs: number, redisMs: number, there = 0, back = 0) {
  const at = { localMs, redisMs, there, back };
  const pass = (ms: number) => {
    at.localMs += ms;
    at.redisMs += ms;
  };
  const redis = {
    time: async () => {
      pass(at.there);
      const told = [String(Math.floor(at.redisMs / 1_000)), String((at.redisMs % 1_000) * 1_000)];
      pass(at.back);
      return told;
    },
  } as unknown as RedisClient;
  return { at, pass, redis, local: { now: () => at.localMs, sleep: async () => {} } };
}

test.each([3_600_000, -3_600_000])("time is that of Redis, whose clock is %i ms ahead", async (aheadMs) => {
  const { at, pass, redis, local } = two(10_000_000, 10_000_000 + aheadMs);
  using clock = await SharedClock.open(redis, local);
  expect([clock.now(), clock.offsetMs]).toEqual([at.redisMs, aheadMs]);
  pass(5_000);
  expect(clock.now()).toBe(at.redisMs);
});

test("a difference of clocks that the round trip may explain counts as none", async () => {
  const { at, redis, local } = two(10_000_000, 10_000_300, 0, 400);
  using clock = await SharedClock.open(redis, local);
  expect(clock.now()).toBe(at.localMs);
});

test("what was measured once stays while later answers allow it, so that time does not jitter", async () => {
  const { at, redis, local } = two(10_000_000, 13_600_000);
  using clock = await SharedClock.open(redis, local);
  at.back = 900;
  await clock.compare();
  expect(clock.offsetMs).toBe(3_600_000);
});

test("a clock that was set meanwhile is measured anew", async () => {
  const { at, redis, local } = two(10_000_000, 10_000_000);
  using clock = await SharedClock.open(redis, local);
  at.localMs += 3_600_000;
  await clock.compare();
  expect(clock.now()).toBe(at.redisMs);
});

test("its functions can be passed on alone, as those of any other clock", async () => {
  const { at, redis, local } = two(10_000_000, 13_600_000);
  using clock = await SharedClock.open(redis, local);
  const { now, sleep } = clock;
  await sleep(1);
  expect(now()).toBe(at.redisMs);
});
