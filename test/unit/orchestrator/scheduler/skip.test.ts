import { expect, test } from "vitest";
import { parseInstant, skipDue, type SkipOrder } from "../../../../src/orchestrator/scheduler/skip.ts";
import type { Skips } from "../../../../src/orchestrator/kv/stores/skips.ts";
import { timetable } from "../../../support/timetable.ts";

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
const schedule = timetable("15 2 * * *", "UTC") as SkipOrder["schedule"];
const [first, second] = ["2026-11-22T02:15:00Z", "2026-11-23T02:15:00Z"].map((text) => Date.parse(text));

/** As Redis keeps them. */
function skipsOf(
  ...kept: readonly (number | undefined)[]
): Skips & { readonly kept: Set<number | undefined> } {
  const set = new Set(kept);
  return {
    kept: set,
    add: async (_job: string, dueMs: number) => void set.add(dueMs),
    remove: async (_job: string, dueMs: number) => set.delete(dueMs),
    of: async () => [...set],
  } as never;
}

const order = { job: "nightly", schedule, dueMs: undefined, undo: false };

test("the next due time gives no run any more; asking again says so, and skips no other", async () => {
  const skips = skipsOf();
  expect(await skipDue(order, skips, NOW_MS)).toBe(first);
  expect(await skipDue(order, skips, NOW_MS)).toBe(first);
  expect([...skips.kept]).toEqual([first]);
  expect(await skipDue({ ...order, dueMs: second }, skips, NOW_MS)).toBe(second);
  expect([...skips.kept]).toEqual([first, second]);
});

test("what is undone is the first that was to be skipped, or the one that is named", async () => {
  const skips = skipsOf(first, second);
  expect(await skipDue({ ...order, undo: true, dueMs: second }, skips, NOW_MS)).toBe(second);
  expect(await skipDue({ ...order, undo: true }, skips, NOW_MS)).toBe(first);
  expect(skips.kept.size).toBe(0);
});

test.each([
  [{ schedule: undefined }, "nightly: it has no schedule"],
  [{ dueMs: NOW_MS }, "nightly: 2026-11-21T12:00:00.000Z is past"],
  [
    { dueMs: NOW_MS + 60_000 },
    "nightly: it is not due at 2026-11-21T12:01:00.000Z; next at 2026-11-22T02:15:00.000Z",
  ],
  [{ undo: true }, "nightly: no due time is marked to be skipped"],
  [{ undo: true, dueMs: first }, "nightly: 2026-11-22T02:15:00.000Z was not marked to be skipped"],
])("what cannot be skipped is refused: %o", async (more, message) => {
  await expect(skipDue({ ...order, ...more }, skipsOf(), NOW_MS)).rejects.toThrow(message);
});

test.each([
  ["2026-12-24T02:15:00Z", Date.UTC(2026, 11, 24, 2, 15)],
  ["2026-12-24T02:15+01:00", Date.UTC(2026, 11, 24, 1, 15)],
  ["2026-13-24T02:15:00Z", undefined],
  ["2026-12-24", undefined],
  ["tomorrow", undefined],
])("%s is the instant %o", (text, expected) => {
  expect(parseInstant(text)).toBe(expected);
});
