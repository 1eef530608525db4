import { isCancellation, messageOf } from "../../shared/errors.ts";
import { retryOfError } from "../../transfer/errors.ts";
import type { Moved } from "../../transfer/policy.ts";
import type { SourceAfterResult } from "../../transfer/source-after/source-after.ts";
import type { TransferEvent } from "../events.ts";

/** What a transfer's event says of how it went. */
export type TransferResult = Pick<
  TransferEvent,
  | "outcome"
  | "by"
  | "method"
  | "bytes"
  | "resumedFrom"
  | "protected"
  | "digest"
  | "inPlace"
  | "because"
  | "limitedBy"
  | "sourceAfter"
>;

const STEPS = { delete: "deleted", rename: "renamed", move: "moved" } as const;

/** What is said of a file that was moved, or was there: it is not done where its source could not be seen to. */
export function resultOfMoved(moved: Moved): TransferResult {
  const { sourceAfter } = moved;
  if (sourceAfter === undefined || sourceAfter.outcome === "done") return { ...moved, outcome: "succeeded" };
  return { ...moved, outcome: "partial", because: partialBecause("copied", sourceAfter) };
}

/** What is said of a file that was kept, and whose source could not be seen to. */
export function resultOfKept(sourceAfter: SourceAfterResult): TransferResult {
  const nothing = { by: null, method: null, bytes: 0, resumedFrom: 0, protected: null, digest: null };
  return { outcome: "partial", ...nothing, because: partialBecause("kept", sourceAfter), sourceAfter };
}

function partialBecause(done: "copied" | "kept", { action, because }: SourceAfterResult): string {
  return `${done}, but not ${STEPS[action]} at the source: ${because}`;
}

/** What is said of a file that was not moved. */
export function resultOfError(error: unknown, signal: AbortSignal): TransferResult {
  // Work that is cancelled ends in many words; a refusal that no later try would change is one all the same.
  const isCancelled = isCancellation(error) || (signal.aborted && retryOfError(error) !== "never");
  return {
    outcome: isCancelled ? "cancelled" : "failed",
    by: null,
    method: null,
    bytes: 0,
    resumedFrom: 0,
    protected: null,
    digest: null,
    because: isCancelled ? reasonOf(signal.aborted ? signal.reason : error) : messageOf(error),
  };
}

/** The platform's own words for what was cancelled say nothing of who was. */
function reasonOf(error: unknown): string {
  return isCancellation(error) && error instanceof DOMException ? "interrupted" : messageOf(error);
}
