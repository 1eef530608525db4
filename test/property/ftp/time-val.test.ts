import fc from "fast-check";
import { expect, test } from "vitest";
import { formatTimeVal, parseTimeVal } from "../../../src/ftp/time-val.ts";

test("a time comes back to the second", () => {
  const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
  fc.assert(
    fc.property(seconds, (at) => {
      expect(parseTimeVal(formatTimeVal(at * 1000))).toBe(at * 1000);
    }),
  );
});

test("any text is a time or is not, and is never an error", () => {
  const almost = fc.stringMatching(/^(19)?1?\d{0,16}\.?\d{0,5}$/);
  fc.assert(
    fc.property(fc.oneof(almost, fc.string()), (text) => {
      const atMs = parseTimeVal(text);
      expect(atMs === undefined || Number.isInteger(atMs)).toBe(true);
    }),
  );
});
