import fc from "fast-check";
import { expect, it } from "vitest";
import { isoTime } from "../../src/shared/iso-time.ts";

it("says what Date.prototype.toISOString says, for every time that there is", () => {
  const ever = fc.integer({ min: -8.64e15, max: 8.64e15 });
  const lately = fc.integer({ min: 0, max: 4e12 });
  fc.assert(
    fc.property(fc.oneof(ever, lately), (atMs) => {
      expect(isoTime(atMs)).toBe(new Date(atMs).toISOString());
    }),
  );
});

it("refuses what is no time", () => {
  expect(() => isoTime(Number.NaN)).toThrow(RangeError);
  expect(() => isoTime(8.64e15 + 1)).toThrow(RangeError);
});
