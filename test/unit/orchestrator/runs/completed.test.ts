import { expect, test } from "vitest";
import { isCompletedBy } from "../../../../src/orchestrator/runs/control.ts";
import { noCounts, type Run } from "../../../../src/orchestrator/runs/run.ts";

const ORDER: Run["order"] = {
  ...{ job: "nightly", document: { mirror: { from: "a:/", to: "b:/" } }, rules: [], dryRun: false },
  ...{ requestedBy: "schedule", because: "due" },
};
const RUN: Run = {
  ...{ id: "nightly_1", order: ORDER, state: "ended", wish: "run", isRecovery: false, outcome: "partial" },
  ...{ createdMs: 0, endedMs: 1, generation: 1, counters: { ...noCounts(), copied: 3, failed: 2 } },
};

test.each<[string, Partial<Run>, number, boolean]>([
  ["lacked these files alone", {}, 2, true],
  ["failed in all its files", { outcome: "failed" }, 2, true],
  ["also lacked something else, such as a directory that could not be listed", {}, 1, false],
  ["did not come to its end", { because: "stopped: edge is full" }, 2, false],
  ["has deletions left", { order: { ...ORDER, document: { mirror: {}, delete: true } } }, 2, false],
  ["was a retry of such a run", { order: { ...ORDER, retryOf: "nightly_0", completes: true } }, 2, true],
  ["was a retry of one that lacked more", { order: { ...ORDER, retryOf: "nightly_0" } }, 2, false],
])("a run that %s is complete with its failed files, or is not", (_, more, files, is) => {
  expect(isCompletedBy({ ...RUN, ...more }, files)).toBe(is);
});
