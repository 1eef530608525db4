import { formatBytes, formatDuration } from "../shared/units.ts";

/** After how much a run begins no other file. */
export interface SoftLimits {
  /** Bytes. */
  readonly maxTransfer?: number | undefined;
  /** Milliseconds from the beginning of the run. */
  readonly maxDuration?: number | undefined;
}

/**
 * Why a run begins no other file; undefined while it may.
 * @param bytes that were moved
 * @param elapsedMs since the run began
 */
export function softEnd(
  { maxTransfer, maxDuration }: SoftLimits,
  bytes: number,
  elapsedMs: number,
): string | undefined {
  if (maxTransfer !== undefined && bytes >= maxTransfer)
    return `the limit of ${formatBytes(maxTransfer)} (--max-transfer) is reached`;
  if (maxDuration !== undefined && elapsedMs >= maxDuration)
    return `the limit of ${formatDuration(maxDuration)} (--max-duration) is reached`;
  return undefined;
}
