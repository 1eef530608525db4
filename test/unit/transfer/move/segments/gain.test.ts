import { expect, test } from "vitest";
import {
  isWorseThanOne,
  isWorthStopping,
  type Throughput,
  nextStep,
  rateWorthRaising,
  throughputBeside,
} from "../../../../../src/transfer/move/segments/gain.ts";

const MUCH = 10 ** 12;
const at = (connections: number, bytesPerSecond: number): Throughput => ({ connections, bytesPerSecond });

test("a first connection gets a second one where enough is left", () => {
  expect(nextStep(at(1, 1_000), undefined, MUCH)).toMatchObject({ step: "add" });
  expect(nextStep(at(1, 0), undefined, MUCH)).toMatchObject({ step: "add" });
});

test("what is over in some seconds gets no other connection", () => {
  expect(nextStep(at(1, 1_000), undefined, 4_000)).toMatchObject({ step: "stay" });
  expect(nextStep(at(1, 1_000), undefined, 6_000)).toMatchObject({ step: "add" });
});

test("a connection that adds to the rate is followed by another, one that only splits it is given up", () => {
  expect(nextStep(at(2, 2_000), at(1, 1_000), MUCH)).toMatchObject({ step: "add" });
  expect(nextStep(at(2, 1_500), at(1, 1_000), MUCH)).toMatchObject({ step: "add" });
  expect(nextStep(at(2, 1_490), at(1, 1_000), MUCH)).toMatchObject({
    step: "drop-last",
    because: "connection 2 did not add to the rate",
  });
  expect(nextStep(at(4, 4_000), at(3, 3_000), MUCH)).toMatchObject({ step: "add" });
  expect(nextStep(at(4, 3_400), at(3, 3_000), MUCH)).toMatchObject({ step: "drop-last" });
});

test("no more than eight connections are tried", () => {
  expect(nextStep(at(8, 8_000), at(7, 7_000), MUCH)).toMatchObject({ step: "stay" });
});

test("where the last connection did not last, no other one is added", () => {
  expect(nextStep(at(1, 1_000), at(1, 1_000), MUCH)).toEqual({
    step: "stay",
    because: "another connection did not last",
  });
  expect(nextStep(at(2, 9_000), at(2, 2_000), MUCH)).toMatchObject({ step: "stay" });
  expect(nextStep(at(1, 1_000), at(1, 1_000), 4_000)).toEqual({
    step: "stay",
    because: "too little is left for another connection",
  });
});

test("one connection is stopped only for what would take it ten seconds more", () => {
  expect(isWorthStopping(1_000, 9_999)).toBe(false);
  expect(isWorthStopping(1_000, 10_000)).toBe(true);
  expect(isWorthStopping(0, MUCH)).toBe(false);
});

test("the rate of one connection is known from looks that are two seconds apart, by the latest of them", () => {
  const seen = (...all: readonly (readonly [number, number])[]) =>
    all.map(([atMs, bytes]) => ({ atMs, bytes }));
  expect(rateWorthRaising([], MUCH)).toBeUndefined();
  expect(rateWorthRaising(seen([0, 100]), MUCH)).toBeUndefined();
  expect(rateWorthRaising(seen([0, 100], [1_999, 2_100]), MUCH)).toBeUndefined();
  expect(rateWorthRaising(seen([0, 100], [2_000, 2_100]), MUCH)).toBe(1_000);
  // It began slowly.
  expect(rateWorthRaising(seen([0, 0], [1_000, 0], [2_000, 3_000], [3_000, 6_000]), MUCH)).toBe(3_000);
  expect(rateWorthRaising(seen([0, 0], [2_000, 2_000]), 2_000 + 9_000)).toBeUndefined();
});

test("what two pairs move together is the growth of one and the range of the other, in the same time", () => {
  const seen = [
    { atMs: 0, bytes: 0 },
    { atMs: 1_000, bytes: 1_000 },
    { atMs: 2_000, bytes: 1_500 },
    { atMs: 3_000, bytes: 2_000 },
  ];
  const range = { bytes: 2_000, fromMs: 1_200 };
  expect(throughputBeside(seen, { ...range, toMs: 3_200 })).toEqual(at(2, 500 + 1_000));
  // One that still moves has had no more by now.
  expect(throughputBeside(seen, { ...range, toMs: undefined })?.bytesPerSecond).toBeCloseTo(
    500 + 2_000 / 1.8,
  );
  expect(throughputBeside(seen.slice(0, 2), { ...range, toMs: undefined })).toBeUndefined();
  expect(throughputBeside([], { ...range, toMs: 3_200 })).toBeUndefined();
});

test("several connections are worse than one where they move clearly less together", () => {
  expect(isWorseThanOne(at(4, 799), 1_000)).toBe(true);
  expect(isWorseThanOne(at(4, 800), 1_000)).toBe(false);
});
