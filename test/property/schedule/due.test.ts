import { Cron as Croner } from "croner";
import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesDay, nextTime } from "../../../src/schedule/cron.ts";
import { dueTimes, latestDue, nextDue } from "../../../src/schedule/due.ts";
import { instantOf, wallOf } from "../../../src/shared/time-zone.ts";
import { at, timetable } from "../../support/timetable.ts";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "America/Santiago",
  "Asia/Kathmandu",
  "Pacific/Chatham",
] as const;
const zone = fc.constantFrom(...ZONES);
const instant = fc.integer({
  min: at("2024-01-01T00:00:00Z") / 1_000,
  max: at("2028-01-01T00:00:00Z") / 1_000,
});

/** Instants near a change of clocks are met more often than by chance. */
const nearChange = fc
  .tuple(fc.constantFrom(...changes()), fc.integer({ min: -8 * 3_600, max: 8 * 3_600 }))
  .map(([change, shift]) => change / 1_000 + shift);
const when = fc.oneof(instant, nearChange).map((seconds) => seconds * 1_000);

const field = (from: number, to: number) =>
  fc.oneof(
    fc.constant("*"),
    fc.integer({ min: from, max: to }).map(String),
    fc.integer({ min: 2, max: 12 }).map((step) => `*/${step}`),
    fc
      .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc
      .uniqueArray(fc.integer({ min: from, max: to }), { minLength: 2, maxLength: 4 })
      .map((list) => list.join()),
  );
const clock = fc.tuple(field(0, 59), field(0, 23)).map((fields) => fields.join(" "));
const days = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, field(1, 28), fc.constant("L")),
    fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, field(1, 12)),
    fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, field(0, 6)),
  )
  .map((fields) => fields.join(" "));
const cron = fc.tuple(clock, days).map((fields) => fields.join(" "));

test("due times ascend, lie behind the instant asked for, and none lies between", () => {
  fc.assert(
    fc.property(cron, zone, when, (text, name, from) => {
      const table = timetable(text, name);
      const due = take(dueTimes(table, from), 5);
      const [first, ...rest] = due;
      expect(first).toBeGreaterThan(from);
      expect([...due].sort((a, b) => a - b)).toEqual(due);
      // Whoever asks from somewhere before or between is told the same.
      expect(nextDue(table, (first ?? 0) - 1)).toBe(first);
      for (const [index, one] of rest.entries()) expect(nextDue(table, due[index] ?? 0)).toBe(one);
      if (rest.length > 0) expect(latestDue(table, from, due.at(-1) ?? 0, 3)).toEqual(due.slice(-3));
    }),
    { numRuns: 2_000 },
  );
});

test("a cron of every hour is due at every instant whose local time matches, and at no other", () => {
  const hourly = fc.tuple(field(0, 59), days).map(([minutes, rest]) => `${minutes} * ${rest}`);
  fc.assert(
    fc.property(hourly, zone, when, (text, name, from) => {
      const table = timetable(text, name);
      const until = from + 6 * 3_600_000;
      const minutes = Array.from(
        { length: 6 * 60 },
        (_, index) => Math.floor(from / 60_000) * 60_000 + (index + 1) * 60_000,
      );
      const expected = minutes.filter((one) => isMatch(table.cron, wallOf(name, one)) && one <= until);
      expect(takeUntil(dueTimes(table, from), until)).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});

test("any other is due once for each local time, at the next instant that exists", () => {
  const fixed = fc
    .tuple(
      field(0, 59),
      fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 6 }),
      days,
    )
    .map(([minutes, hours, rest]) => `${minutes} ${hours.join()} ${rest}`);
  fc.assert(
    fc.property(fixed, zone, when, (text, name, from) => {
      const table = timetable(text, name);
      const until = from + 12 * 3_600_000;
      // Minute by minute: what the clocks show, or have just passed over, unless they showed it before.
      const expected: number[] = [];
      let shown = wallOf(name, from - 86_400_000);
      for (let one = Math.ceil((from - 86_400_000) / 60_000) * 60_000; one <= until; one += 60_000) {
        const wall = wallOf(name, one);
        let isDue = false;
        for (let passed = shown + 60_000; passed <= wall; passed += 60_000) {
          isDue ||= isMatch(table.cron, passed - (passed % 60_000));
        }
        if (isDue && one > from) expected.push(one);
        shown = Math.max(shown, wall);
      }
      expect(takeUntil(dueTimes(table, from), until)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test("where clocks are not changed, croner says the same", () => {
  // Its own ways: no wrapped ranges, no step longer than the field, an asterisk with a step is a restriction to it.
  const plain = cron.filter((text) => !/\*\/\d+ \S+ \S+$|\*\/\d+$/.test(text));
  fc.assert(
    fc.property(plain, when, (text, from) => {
      const oracle = new Croner(text, { timezone: "UTC", domAndDow: false });
      const expected = oracle.nextRuns(5, new Date(from)).map((date) => date.getTime());
      expect(take(dueTimes(timetable(text, "UTC"), from), 5)).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});

test("croner says the same of one time of the day, and of every hour, where clocks are changed", () => {
  const oneTime = fc
    .tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 23 }))
    .map((fields) => fields.join(" "));
  const everyHour = field(0, 59).map((minutes) => `${minutes} *`);
  const places = fc.constantFrom("Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Chatham");
  fc.assert(
    fc.property(fc.oneof(oneTime, everyHour), places, when, (text, name, from) => {
      const oracle = new Croner(`${text} * * *`, { timezone: name });
      const table = timetable(`${text} * * *`, name);
      const expected = oracle.nextRuns(5, new Date(from)).map((date) => date.getTime());
      expect(take(dueTimes(table, from), 5)).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});

test("the instant of a local time shows it, or is the first after it", () => {
  fc.assert(
    fc.property(zone, when, (name, one) => {
      const wall = wallOf(name, one);
      const found = instantOf(name, wall);
      expect(wallOf(name, found)).toBe(wall);
      expect(found).toBeLessThanOrEqual(one);
    }),
    { numRuns: 2_000 },
  );
});

function isMatch(cronFields: Parameters<typeof matchesDay>[0], wall: number): boolean {
  const time = (wall % 86_400_000) / 1_000;
  return matchesDay(cronFields, wall) && nextTime(cronFields, time) === time;
}

function take(times: Iterable<number>, count: number): number[] {
  const taken: number[] = [];
  for (const one of times) if (taken.push(one) === count) break;
  return taken;
}

function takeUntil(times: Iterable<number>, until: number): number[] {
  const taken: number[] = [];
  for (const one of times) {
    if (one > until) break;
    taken.push(one);
  }
  return taken;
}

/** When clocks are changed, in all zones, from 2024 to 2027. */
function changes(): number[] {
  const found: number[] = [];
  for (const name of ZONES) {
    let last = offset(name, at("2024-01-01T00:00:00Z"));
    for (let one = at("2024-01-01T00:00:00Z"); one < at("2028-01-01T00:00:00Z"); one += 1_800_000) {
      const now = offset(name, one);
      if (now !== last) found.push(one);
      last = now;
    }
  }
  return found;
}

function offset(name: string, one: number): number {
  return wallOf(name, one) - one;
}
