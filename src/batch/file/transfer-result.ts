import { isCancellation, messageOf } from "../../shared/errors.ts";
import { retryOfError } from "../../transfer/errors.ts";
import type { TransferEvent } from "../events.ts";

/** What a transfer's event says of how it went. */
export type TransferResult = Pick<
  TransferEvent,
  "outcome" | "by" | "method" | "bytes" | "resumedFrom" | "protected" | "digest" | "inPlace" | "because"
>;

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
