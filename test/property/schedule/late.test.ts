import fc from "fast-check";
import { expect, test } from "vitest";
import { nextDeadline, promisedBetween, silentTimes } from "../../../src/schedule/late.ts";
import { type Deadline, deadlineOf } from "../../../src/schedule/start.ts";
import { dueTimes } from "../../../src/schedule/due.ts";
import { at, timetable } from "../../support/timetable.ts";

const DAY_MS = 86_400_000;
const START = at("2026-03-20T00:00:00Z"); // clocks are put forward on the 29th

const table = fc
  .constantFrom("15 2 * * *", "0 */6 * * *", "30 22 * * 1-5")
  .map((cron) => timetable(cron, "Europe/Berlin"));
const deadline: fc.Arbitrary<Deadline> = fc.oneof(
  fc.integer({ min: 60_000, max: 3 * DAY_MS }).map((afterMs) => ({ afterMs })),
  fc.integer({ min: 0, max: 86_399 }).map((seconds) => ({ at: seconds })),
);
const steps = fc.array(fc.integer({ min: 1, max: DAY_MS }), { minLength: 1, maxLength: 20 });

test("however often it is looked, each due time is looked at once, when its deadline has passed", () => {
  fc.assert(
    fc.property(table, deadline, steps, (times, until, lengths) => {
      const end = START + lengths.reduce((sum, length) => sum + length, 0);
      const seen: number[] = [];
      let now = START;
      for (const length of lengths) {
        const before = now;
        now += length;
        for (const { dueMs, deadlineMs } of promisedBetween(times, until, before, now)) {
          expect(deadlineMs).toBe(deadlineOf(times, until, dueMs));
          seen.push(dueMs);
        }
      }
      const expected: number[] = [];
      for (const due of dueTimes(times, START - 5 * DAY_MS)) {
        if (due > end) break;
        const by = deadlineOf(times, until, due);
        if (by > START && by <= end) expected.push(due);
      }
      expect([...seen].sort((a, b) => a - b)).toEqual(expected);
    }),
  );
});

test("no deadline comes before the next one", () => {
  fc.assert(
    fc.property(table, deadline, fc.integer({ min: 0, max: 20 * DAY_MS }), (times, until, later) => {
      const now = START + later;
      const next = nextDeadline(times, until, now) ?? Number.POSITIVE_INFINITY;
      expect(next).toBeGreaterThan(now);
      expect([...promisedBetween(times, until, now, next - 1)]).toEqual([]);
    }),
  );
});

test.each([
  [undefined, ["21", "22", "23"]],
  ["2026-01-20T12:00:00Z", ["22", "23"]],
  ["2026-01-21T06:00:00Z", ["22", "23"]],
  ["2026-01-21T06:00:01Z", ["23"]],
  ["2026-01-23T05:00:00Z", []],
])("when something last came at %s, nothing came by 06:00 of the days %j", (last, days) => {
  const silent = silentTimes(
    timetable("0 6 * * *", "UTC"),
    last === undefined ? undefined : at(last),
    at("2026-01-20T12:00:00Z"),
    at("2026-01-23T12:00:00Z"),
  );
  expect(silent.map((time) => new Date(time).toISOString().slice(8, 10))).toEqual(days);
});
