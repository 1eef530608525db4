import { expect, test } from "vitest";
import type { RunOutcome } from "../../../src/batch/events.ts";
import {
  brokenEnd,
  continuedBy,
  type TargetEnd,
  combinedOutcome,
} from "../../../src/mirror/combined-outcome.ts";

const files = { copied: 1, kept: 2, deleted: 3, skipped: 4, failed: 5 };
const bytes = { thirdParty: 6, relayed: 7, resumed: 8 };
const end = (outcome: RunOutcome): TargetEnd => ({ to: "t:/", outcome, files, bytes, seconds: 1 });

test.each<{ ends: readonly RunOutcome[]; whole: RunOutcome }>([
  { ends: ["succeeded", "succeeded"], whole: "succeeded" },
  { ends: ["succeeded", "partial"], whole: "partial" },
  { ends: ["succeeded", "failed"], whole: "partial" },
  { ends: ["partial", "failed"], whole: "partial" },
  { ends: ["failed", "failed"], whole: "failed" },
  { ends: ["failed", "refused", "succeeded"], whole: "refused" },
  { ends: ["refused", "cancelled", "succeeded"], whole: "cancelled" },
])("of $ends the whole is $whole", ({ ends, whole }) => {
  expect(combinedOutcome(ends.map(end), 9)).toEqual({
    event: "summary",
    outcome: whole,
    files: {
      copied: ends.length,
      kept: 2 * ends.length,
      deleted: 3 * ends.length,
      skipped: 4 * ends.length,
      failed: 5 * ends.length,
    },
    bytes: { thirdParty: 6 * ends.length, relayed: 7 * ends.length, resumed: 8 * ends.length },
    seconds: 9,
  });
});

test("each reason is reported with its target", () => {
  const whole = combinedOutcome(
    [brokenEnd("a:/", "no login", 0), brokenEnd("b:/", "down", 0), end("succeeded")],
    1,
  );
  expect(whole.because).toBe("a:/: no login\nb:/: down");
});

test("what was left by one and done by the next is one: what the first copied, the second kept", () => {
  const first = { event: "summary", outcome: "partial", files, bytes, seconds: 1 } as const;
  const then = {
    ...first,
    outcome: "succeeded",
    files: { copied: 5, kept: 3, deleted: 0, skipped: 4, failed: 0 },
    seconds: 2,
  } as const;
  expect(continuedBy(first, then)).toEqual({
    event: "summary",
    outcome: "succeeded",
    files: { copied: 6, kept: 2, deleted: 3, skipped: 4, failed: 0 },
    bytes: { thirdParty: 12, relayed: 14, resumed: 16 },
    seconds: 3,
  });
});

test("what servers copied by themselves is counted, where there is any", () => {
  const one = { ...end("succeeded"), bytes: { ...bytes, serverSide: 9 } };
  expect(combinedOutcome([one, end("succeeded"), one], 1).bytes).toMatchObject({
    serverSide: 18,
    thirdParty: 18,
  });
});

test("directories that were compared, or taken as unchanged, are counted together, where there is an index", () => {
  const directories = { compared: 1, byStatus: 2, byListing: 3, targetTrusted: 4 };
  const ends = [{ ...end("succeeded"), directories }, end("failed"), { ...end("succeeded"), directories }];
  expect(combinedOutcome(ends, 1).directories).toEqual({
    ...{ compared: 2, byStatus: 4, byListing: 6, targetTrusted: 8 },
  });
  expect(combinedOutcome([end("succeeded")], 1)).not.toHaveProperty("directories");
});
