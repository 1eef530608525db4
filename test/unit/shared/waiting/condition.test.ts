import { expect, test } from "vitest";
import { Condition } from "../../../../src/shared/waiting/condition.ts";

test("all who wait are woken, in the order in which they came, and each once", async () => {
  const condition = new Condition();
  const order: string[] = [];
  const waits = ["first", "second"].map((name) => condition.changed().then(() => order.push(name)));
  expect(condition.isAwaited).toBe(true);
  condition.notify();
  expect(condition.isAwaited).toBe(false);
  await Promise.all(waits);
  condition.notify();
  expect(order).toEqual(["first", "second"]);
});

test("who waits again while it is woken waits for the next change", async () => {
  const condition = new Condition();
  let rounds = 0;
  const waiter = (async () => {
    while (rounds < 2) {
      await condition.changed();
      rounds += 1;
    }
  })();
  condition.notify();
  await Promise.resolve();
  expect([rounds, condition.isAwaited]).toEqual([1, true]);
  condition.notify();
  await waiter;
  expect(rounds).toBe(2);
});

test("who gives up waiting is told why, and no longer counted among those who wait", async () => {
  const condition = new Condition();
  const leaving = new AbortController();
  const waiting = condition.changed(leaving.signal);
  const reason = new Error("no longer wanted");
  leaving.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(condition.isAwaited).toBe(false);
  await expect(condition.changed(leaving.signal)).rejects.toBe(reason);
});
