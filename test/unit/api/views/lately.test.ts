import { expect, test } from "vitest";
import { lately } from "../../../../src/api/views/lately.ts";
import type { Clock } from "../../../../src/shared/clock.ts";

let nowMs = 0;
const clock: Clock = { now: () => nowMs, sleep: async () => {} };

test("what was found serves all who ask within the time, and is looked for again behind it", async () => {
  let looks = 0;
  const find = lately(async () => (looks += 1), 400, clock);
  expect(await Promise.all([find(), find()])).toEqual([1, 1]);
  nowMs += 399;
  expect(await find()).toBe(1);
  nowMs += 1;
  expect(await find()).toBe(2);
});

test("a failure is looked for again by the next who asks", async () => {
  let looks = 0;
  const find = lately(
    async () => {
      looks += 1;
      if (looks === 1) throw new Error("away");
      return looks;
    },
    400,
    clock,
  );
  await expect(find()).rejects.toThrow("away");
  expect(await find()).toBe(2);
});
