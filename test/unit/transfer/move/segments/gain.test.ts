import { expect, test } from "vitest";
import { type Measured, nextStep } from "../../../../../src/transfer/move/segments/gain.ts";

const MUCH = 10 ** 12;
const at = (connections: number, bytesPerSecond: number): Measured => ({ connections, bytesPerSecond });

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
