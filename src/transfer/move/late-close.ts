import { type Ends, hasStored } from "./relay.ts";
import { resync } from "./resync.ts";
import type { AttemptOutcome } from "./third-party/attempt/attempt-state.ts";

// A 426 after the last byte may only mean that the data connection was not closed as the server expects.
// Then the sizes are equal; a file is not accepted on that alone where nothing is verified afterwards.

/** Whether a third-party transfer ended with 426, and nothing else, after its data had begun to move. */
export function endedWith426(outcome: AttemptOutcome): boolean {
  if (outcome.kind !== "failed" || outcome.causes.length === 0) return false;
  return outcome.causes.every(({ end, hadBegun }) => hadBegun && !(end instanceof Error) && end.code === 426);
}

interface Stored {
  readonly ends: Ends;
  readonly sizeBytes: number | undefined;
  /** Whether the sizes of both sides are compared afterwards. */
  readonly isVerified: boolean;
}

/** Whether the target has the announced number of bytes. */
export async function isStored(
  { ends, sizeBytes, isVerified }: Stored,
  signal: AbortSignal,
): Promise<boolean> {
  if (!isVerified || sizeBytes === undefined) return false;
  await resync(ends, signal);
  return hasStored(ends.target, sizeBytes, signal);
}
