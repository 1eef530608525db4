import fc from "fast-check";
import { expect, test } from "vitest";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "../../../src/shared/units.ts";

test("a duration is the sum of its parts, however it is cut", () => {
  const count = fc.integer({ min: 0, max: 999_999 });
  fc.assert(
    fc.property(count, count, count, (hours, seconds, ms) => {
      const sum = hours * 3_600_000 + seconds * 1_000 + ms;
      expect(parseDuration(`${hours}h${seconds}s${ms}ms`)).toBe(sum);
      expect(parseDuration(`${ms}ms${hours}h${seconds}s`)).toBe(sum);
    }),
  );
});

test("a size that is shown is read back as nearly the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 49 }), (octets) => {
      const read = parseBytes(formatBytes(octets));
      expect(Math.abs(read - octets)).toBeLessThanOrEqual(octets * 0.06);
    }),
  );
});

test("a longer time never looks shorter", () => {
  const SECONDS: Record<string, number> = { s: 1, min: 60, h: 3_600, d: 86_400 };
  const seconds = (shown: string) => {
    const parts = [...shown.matchAll(/([\d.]+) (\w+)/g)];
    return parts.reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS[unit!]!, 0);
  };
  const ms = fc.nat({ max: 10_000_000_000 });
  fc.assert(
    fc.property(ms, ms, (a, b) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)];
      expect(seconds(formatDuration(less))).toBeLessThanOrEqual(seconds(formatDuration(more)));
    }),
  );
});
