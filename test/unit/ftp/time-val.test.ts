import { expect, test } from "vitest";
import { formatTimeVal, parseTimeVal } from "../../../src/ftp/time-val.ts";

test.each([
  ["19700101000000", 0],
  ["20261121023607", Date.UTC(2026, 10, 21, 2, 36, 7)],
  ["20261121023607.5", Date.UTC(2026, 10, 21, 2, 36, 7, 500)],
  ["20261121023607.0019", Date.UTC(2026, 10, 21, 2, 36, 7, 1)],
  ["19681105165215", Date.UTC(1968, 10, 5, 16, 52, 15)],
  ["20240229000000", Date.UTC(2024, 1, 29)],
  // A leap second.
  ["20161231235960", Date.UTC(2017, 0, 1)],
  // The years since 1900, behind `19`.
  ["191261121023607", Date.UTC(2026, 10, 21, 2, 36, 7)],
  ["191001231000000", Date.UTC(2000, 11, 31)],
])("%s", (text, atMs) => {
  expect(parseTimeVal(text)).toBe(atMs);
});

test.each([
  "",
  "2026112102360",
  "202611210236077",
  "20261121023607.",
  "20261121023607 ",
  "20261121023607\n",
  "+0261121023607",
  "20260021023607",
  "20261321023607",
  "20261100023607",
  "20261131023607",
  "20250229000000",
  "21000229000000",
  "20261121240000",
  "20261121236000",
  "20261121235961",
])("%j is no time-val", (text) => {
  expect(parseTimeVal(text)).toBeUndefined();
});

test("a time is written to the whole second before", () => {
  expect(formatTimeVal(Date.UTC(2026, 10, 21, 2, 36, 7, 999))).toBe("20261121023607");
  expect(formatTimeVal(-1)).toBe("19691231235959");
});

test("a year that four digits cannot tell is refused", () => {
  expect(() => formatTimeVal(Date.UTC(10_000, 0, 1))).toThrow(RangeError);
  expect(() => formatTimeVal(Number.NaN)).toThrow(RangeError);
});
