import { expect, test } from "vitest";
import {
  LARGEST,
  measuredSince,
  mostOf,
  type Piece,
  RANGE_BYTES,
  rangeBytes,
  rateOf,
} from "../../../../../src/transfer/move/segments/pieces.ts";

const MIB = 2 ** 20;
const [one, other] = [{}, {}];
const piece = (by: object, bytes: number, fromMs: number, toMs: number): Piece => ({
  by,
  bytes,
  fromMs,
  toMs,
});

test("a range takes about three seconds, and has from 1 to 128 MiB", () => {
  expect(rangeBytes(undefined)).toBe(4 * MIB);
  expect(rangeBytes(10)).toBe(MIB);
  expect(rangeBytes(2 * MIB)).toBe(6 * MIB);
  expect(rangeBytes(10 ** 12)).toBe(128 * MIB);
});

test("what was over at once has no rate", () => {
  expect(rateOf(piece(one, 100, 5, 5))).toBeUndefined();
  expect(rateOf(piece(one, 100, 0, 500))).toBe(200);
});

test("what connections move together is known when each has moved a range that it began by then", () => {
  const both = new Set([one, other]);
  const before = piece(one, 9_000, 0, 3_000);
  expect(measuredSince([], 1_000, both)).toBeUndefined();
  expect(measuredSince([before, piece(other, 2_000, 1_000, 3_000)], 1_000, both)).toBeUndefined();
  const mine = piece(one, 3_000, 3_000, 6_000);
  expect(measuredSince([before, piece(other, 2_000, 1_000, 3_000), mine], 1_000, both)).toEqual({
    connections: 2,
    bytesPerSecond: 2_000,
  });
});

test("a range that was over in less than a second says nothing, and neither does a connection that is gone", () => {
  expect(measuredSince([piece(one, 100, 0, 999)], 0, new Set([one]))).toBeUndefined();
  expect(measuredSince([piece(other, 100, 0, 2_000)], 0, new Set([one]))).toBeUndefined();
  expect(measuredSince([piece(other, 100, 0, 2_000)], 0, new Set())).toBeUndefined();
  const later = [piece(one, 1_000, 0, 1_000), piece(one, 500, 1_000, 2_000)];
  expect(measuredSince(later, 0, new Set([one]))).toEqual({ connections: 1, bytesPerSecond: 500 });
});

test("ranges that are over in less than a second count together, from the last one back", () => {
  const ranges = (by: object, count: number, bytes: number) =>
    Array.from({ length: count }, (_, index) => piece(by, bytes, 400 * index, 400 * (index + 1)));
  const both = new Set([one, other]);
  const fast = ranges(one, 3, 128 * MIB);
  expect(measuredSince([...fast, ...ranges(other, 2, 64 * MIB)], 0, both)).toBeUndefined();
  // What it moved at first is left out once what came later took long enough.
  const slower = [piece(other, MIB, 0, 400), ...ranges(other, 3, 64 * MIB)];
  expect(measuredSince([...fast, ...slower], 0, both)).toEqual({
    connections: 2,
    bytesPerSecond: (320 + 160) * MIB,
  });
  // A range that was begun before is not one of them.
  expect(measuredSince(fast, 1, new Set([one]))).toBeUndefined();
});

test("where the number of connections is given, a range has a quarter of the largest one at most", () => {
  expect([LARGEST / MIB, RANGE_BYTES / MIB]).toEqual([128, 32]);
});

test("ranges that still move can have come to no more than all of their bytes by now", () => {
  const open = (by: object, bytes: number, fromMs: number) => [by, { by, bytes, fromMs }] as const;
  const both = new Set([one, other]);
  const moving = new Map([open(one, 3_000, 0), open(other, 3_000, 1_000)]);
  expect(mostOf(moving, both, 4_000)).toEqual({ connections: 2, bytesPerSecond: 750 + 1_000 });
  expect(mostOf(new Map([open(one, 3_000, 0)]), both, 4_000)).toBeUndefined();
});
