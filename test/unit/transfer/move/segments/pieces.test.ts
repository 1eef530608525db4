import { expect, test } from "vitest";
import {
  measuredSince,
  type Piece,
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
