import type { Measured } from "./gain.ts";

/** A range that one connection has moved. Times in milliseconds. */
export interface Piece {
  /** The connection. */
  readonly by: object;
  readonly bytes: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How long a range is to take: commands between ranges cost little then, and it is soon seen what a connection adds. */
const RANGE_MS = 3_000;
/** What took less says more of the commands than of the bytes. Milliseconds. */
const LEAST_MS = 1_000;
const SMALLEST = 2 ** 20;
/** What is lost at most where a connection breaks. */
export const LARGEST = 128 * 2 ** 20;

/** How many bytes the next range is to have, by the rate of one connection; undefined: nothing is known of it. */
export function rangeBytes(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) return 4 * SMALLEST;
  return Math.min(LARGEST, Math.max(SMALLEST, Math.ceil((bytesPerSecond * RANGE_MS) / 1_000)));
}

/** Bytes a second; undefined where it was over at once. */
export function rateOf({ bytes, fromMs, toMs }: Piece): number | undefined {
  return toMs > fromMs ? (bytes * 1_000) / (toMs - fromMs) : undefined;
}

/**
 * What connections move together, by the last range of each that it has begun since a time.
 * @returns undefined until each has ended one that was long enough
 */
export function measuredSince(
  pieces: readonly Piece[],
  sinceMs: number,
  atWork: ReadonlySet<object>,
): Measured | undefined {
  const rates = new Map<object, number>();
  for (const piece of pieces) {
    const { by, fromMs, toMs } = piece;
    if (!atWork.has(by) || fromMs < sinceMs || toMs - fromMs < LEAST_MS) continue;
    rates.set(by, rateOf(piece) ?? 0);
  }
  if (atWork.size === 0 || rates.size < atWork.size) return undefined;
  return { connections: atWork.size, bytesPerSecond: [...rates.values()].reduce((sum, one) => sum + one, 0) };
}
