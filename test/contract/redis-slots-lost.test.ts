import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { RAISE_MS } from "../../src/orchestrator/slots/learned.ts";
import { slotKeys, slotScript } from "../../src/orchestrator/slots/slots-script.ts";
import { forever, isWaiting, slotsScene, want } from "../support/slots-scene.ts";
import { until } from "../support/until.ts";

// Slots of processes that have died, or that Redis does not hear for a while.

const scene = slotsScene();

test("what a process had and waited for is free when it ends, and soon after it was killed", async () => {
  const one = await scene.open({ ttlMs: 2_000 });
  const two = await scene.open({ ttlMs: 2_000 });
  await using three = await scene.open({ ttlMs: 2_000 });
  await one.take(want({ a: 1 }, 2), forever);
  await two.take(want({ a: 1 }, 2), forever);
  const waits = two.take(want({ a: 1 }, 2), forever).catch(() => {});
  const taking = three.take(want({ a: 2 }, 2), forever);
  await one[Symbol.asyncDispose]();
  expect(await isWaiting(taking)).toBe(true);
  two.vanish();
  await waits;
  await taking;
  expect(await three.inUse()).toEqual(new Map([["a", 2]]));
});

test("who was not heard of in time is told that what it had is lost", async () => {
  // Nothing is heard of it for 2 s.
  const one = await scene.open({ ttlMs: 6_000 });
  await using two = await scene.open({ ttlMs: 6_000 });
  const lease = await one.take(want({ a: 1 }, 1), forever);
  const waiting = one.take(want({ a: 2 }, 2), forever);
  // Its holder is forgotten, as after a silence that only it could not break.
  const holders = `${scene.prefix}:slots:holders`;
  const [holder = ""] = await scene.client.zrange(holders, "0", "-1"); // two has nothing, and is none
  await scene.client.call("ZADD", holders, "1", holder);
  const next = await two.take(want({ a: 1 }, 1), forever);
  expect(next.token).toBeGreaterThan(lease.token);
  await new Promise<void>((resolve) => {
    if (lease.lost.aborted) resolve();
    else lease.lost.addEventListener("abort", () => resolve());
  });
  lease[Symbol.dispose](); // gives nothing back that is another's
  expect(await two.inUse()).toEqual(new Map([["a", 1]]));
  next[Symbol.dispose]();
  await waiting; // it has asked again
  await one[Symbol.asyncDispose]();
});

test("while Redis is away nobody loses anything", async () => {
  await using slots = await scene.open({ ttlMs: 600 });
  const lease = await slots.take(want({ a: 1 }, 1), forever);
  scene.redis.signal("SIGSTOP");
  await sleep(1_500);
  scene.redis.signal("SIGCONT");
  const taking = slots.take(want({ a: 1 }, 1), forever);
  expect(await isWaiting(taking)).toBe(true);
  await sleep(300);
  expect(lease.lost.aborted).toBe(false);
  lease[Symbol.dispose]();
  await taking;
});

test("what a dead process had is free after a while, also where the living are too slow to be heard of in time", async () => {
  const ttlMs = 300;
  const one = await scene.open({ ttlMs });
  await one.take(want({ a: 1 }, 1), forever);
  one.vanish();
  const needs = JSON.stringify({ party: "p", weight: 1, needs: [["a", 1, 1]], logins: [] });
  const say = async (operation: string, ...rest: readonly string[]) => {
    const args = ["granted", operation, "slow", ttlMs, RAISE_MS, "id", ...rest];
    const [, , answer] = (await slotScript.run(
      scene.client,
      Object.values(slotKeys(scene.prefix)),
      args,
    )) as unknown[];
    return answer;
  };
  const answers = [await say("ask", needs)];
  while (answers.at(-1) === "a" && answers.length < 20) {
    await sleep((2 / 3) * ttlMs);
    answers.push(await say("beat"));
  }
  expect(answers.at(-1)).toBeTypeOf("number");
});

test("what is given back while Redis does not hear it is given back later", async () => {
  await using slots = await scene.open({ ttlMs: 600 });
  await slots.take(want({ a: 1 }, 1), forever);
  const lease = await slots.take(want({ b: 1 }, 1), forever);
  // A lease that Redis believes in, and its holder does not know of.
  const leases = `${scene.prefix}:slots:leases`;
  const [id = "", text = ""] = Object.entries(await scene.client.hgetall(leases))[0] ?? [];
  await scene.client.hset(leases, `${id}x`, text);
  await scene.client.hincrby(`${scene.prefix}:slots:used`, "a", 1);
  await until(async () => (await scene.client.hlen(leases)) <= 2, "what nobody holds is given back");
  expect(await slots.inUse()).toEqual(
    new Map([
      ["a", 1],
      ["b", 1],
    ]),
  );
  lease[Symbol.dispose]();
});
