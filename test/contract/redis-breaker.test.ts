import { beforeEach, expect, test } from "vitest";
import { KeyNames } from "../../src/orchestrator/kv/names.ts";
import { Breaker } from "../../src/orchestrator/slots/breaker.ts";
import { sharedRedis } from "../support/redis-client.ts";

const NOW = Date.parse("2026-11-28T00:00:00Z");
const shared = sharedRedis();
let breaker: Breaker;
let turn = 0;

beforeEach(() => {
  turn += 1;
  breaker = new Breaker(shared.client, new KeyNames(`breaker${turn}`));
});

test("each pause of a host is twice the one before, and after six its work fails", async () => {
  let nowMs = NOW;
  const pauses: (number | undefined)[] = [];
  for (let times = 1; times <= 8; times += 1) {
    const pause = await breaker.trip("edge", "full", nowMs);
    pauses.push(pause && (pause.untilMs - nowMs) / 1_000);
    if (pause !== undefined) nowMs = pause.untilMs;
  }
  expect(pauses).toEqual([5, 10, 20, 40, 80, 160, undefined, undefined]);
});

test("trouble that many find at the same time is one try", async () => {
  const found = await Promise.all(Array.from({ length: 20 }, () => breaker.trip("edge", "full", NOW)));
  expect(new Set(found.map((pause) => pause?.untilMs))).toEqual(new Set([NOW + 5_000]));
  expect(await breaker.waitFor(["archive", "edge"], NOW + 4_999)).toEqual({
    untilMs: NOW + 5_000,
    because: "full",
    times: 1,
  });
  expect(await breaker.waitFor(["edge"], NOW + 5_000)).toBeUndefined();
});

test("a success resets what was counted against a host", async () => {
  await breaker.trip("edge", "full", NOW);
  await breaker.trip("edge", "full", NOW + 5_000);
  await breaker.reset(["edge", "archive"]);
  expect(await breaker.trip("edge", "full", NOW + 20_000)).toMatchObject({ times: 1 });
});

test("what goes well with a host that was in trouble ends no pause that somebody has asked for", async () => {
  await breaker.trip("edge", "full", NOW);
  await breaker.pause("edge", "paused by ops", NOW + 5_000);
  await breaker.reset(["archive", "edge"]);
  expect(await breaker.waitFor(["edge"], NOW + 6_000)).toMatchObject({ because: "paused by ops" });
  expect(await breaker.trip("edge", "full", NOW + 6_000)).toMatchObject({ untilMs: NOW + 605_000 });
  expect(await breaker.waitFor(["edge"], NOW + 6_000)).toMatchObject({ because: "paused by ops" });
  await breaker.release("edge");
  expect(await breaker.waitFor(["edge"], NOW + 6_000)).toBeUndefined();
  expect(await breaker.trip("edge", "full", NOW + 7_000)).toMatchObject({ times: 1 });
});
