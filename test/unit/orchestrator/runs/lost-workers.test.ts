import { expect, test } from "vitest";
import { giveUpAfter } from "../../../../src/orchestrator/runs/lost-workers.ts";

test.each([
  [{ deaths: 0, cutOff: 1, hasSlices: false }, undefined],
  [{ deaths: 2, cutOff: 2, hasSlices: false }, undefined],
  [{ deaths: 3, cutOff: 3, hasSlices: false }, /died 3 times in a row while planning/],
  // Files in flight are charged before, by name.
  [{ deaths: 3, cutOff: 3, hasSlices: true }, undefined],
  [{ deaths: 6, cutOff: 6, hasSlices: true }, /died 6 times in a row while copying/],
  // Its worker lives, and loses touch again and again.
  [{ deaths: 0, cutOff: 19, hasSlices: true }, undefined],
  [{ deaths: 0, cutOff: 20, hasSlices: true }, /started 20 times in a row/],
])("a run whose workers were lost as in %j is given up: %s", (lost, because) => {
  if (because === undefined) expect(giveUpAfter(lost)).toBeUndefined();
  else expect(giveUpAfter(lost)).toMatch(because);
});
