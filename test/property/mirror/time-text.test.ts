import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListedTime } from "../../../src/ftp/listing/entry.ts";
import { formatListedTime, parseListedTime } from "../../../src/mirror/decide/facts-json.ts";

const STEP_MS = { second: 1, minute: 60_000, day: 86_400_000 } as const;

/** From the year -9999 to 99999; a time is as exact as it says. */
const times: fc.Arbitrary<ListedTime> = fc
  .record({
    atMs: fc.integer({ min: -377_000_000_000_000, max: 3_090_000_000_000_000 }),
    precision: fc.constantFrom("second", "minute", "day"),
    zone: fc.constantFrom("utc", "unknown"),
  })
  .map((time) => ({
    ...time,
    atMs: Math.floor(time.atMs / STEP_MS[time.precision]) * STEP_MS[time.precision],
  }));

describe("a listed time as text", () => {
  test("is read as what was written", () => {
    fc.assert(
      fc.property(times, (time) => {
        const text = formatListedTime(time);
        expect(text).toBeDefined();
        expect(parseListedTime(text ?? "")).toEqual(time);
      }),
    );
  });

  test.each<[ListedTime, string]>([
    [{ atMs: Date.UTC(2026, 0, 31, 12, 30, 5), precision: "second", zone: "utc" }, "2026-01-31T12:30:05Z"],
    [
      { atMs: Date.UTC(2026, 0, 31, 12, 30, 5, 7), precision: "second", zone: "utc" },
      "2026-01-31T12:30:05.007Z",
    ],
    [{ atMs: Date.UTC(2026, 0, 31, 12, 30), precision: "minute", zone: "unknown" }, "2026-01-31T12:30"],
    [{ atMs: Date.UTC(2026, 0, 31), precision: "day", zone: "unknown" }, "2026-01-31"],
  ])("%j is %s", (time, text) => {
    expect(formatListedTime(time)).toBe(text);
  });

  test("is nothing for a time that no calendar has", () => {
    expect(formatListedTime({ atMs: 9e15, precision: "second", zone: "utc" })).toBeUndefined();
    for (const text of ["", "yesterday", "2026-13-01", "2026-01-31T25:00Z", "2026-01-31 12:30"])
      expect(parseListedTime(text)).toBeUndefined();
  });
});
