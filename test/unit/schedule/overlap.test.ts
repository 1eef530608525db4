import { expect, test } from "vitest";
import { decideOverlap } from "../../../src/schedule/overlap.ts";

test.each([
  ["skip", {}, "run", "no other run of this job is active"],
  ["queue-one", {}, "run", "no other run of this job is active"],
  ["replace", {}, "run", "no other run of this job is active"],
  ["skip", { running: "r1" }, "skip", "r1 is still running (overlap: skip)"],
  ["skip", { queued: "r2" }, "skip", "r2 is waiting (overlap: skip)"],
  ["queue-one", { running: "r1" }, "queue", "r1 is still running (overlap: queue-one)"],
  ["queue-one", { running: "r1", queued: "r2" }, "skip", "r2 is already waiting (overlap: queue-one)"],
  ["queue-one", { queued: "r2" }, "skip", "r2 is already waiting (overlap: queue-one)"],
  ["replace", { running: "r1" }, "replace", "r1 is still running (overlap: replace)"],
  ["replace", { running: "r1", queued: "r2" }, "replace", "r1 is still running (overlap: replace)"],
  ["replace", { queued: "r2" }, "replace", "r2 is waiting (overlap: replace)"],
] as const)("%s, with %j unfinished: %s", (policy, unfinished, action, because) => {
  expect(decideOverlap(policy, unfinished)).toEqual({ action, because });
});
