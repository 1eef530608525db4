/** What one rate has given out: the time until which all of it is taken. */
export interface Bucket {
  /** Milliseconds since 1970. */
  readonly freeMs: number;
}

export const FULL: Bucket = { freeMs: Number.NEGATIVE_INFINITY };

/**
 * What was not used is good for so long: who wakes up late catches up, and who comes after a pause gets no more than
 * this at once.
 */
export const CREDIT_MS = 100;

/**
 * Takes bytes at a rate (the generic cell rate algorithm: a token bucket that is one number).
 * @param bytesPerSecond more than 0
 * @returns the bucket afterwards, and the milliseconds after which these bytes may move
 */
export function take(
  { freeMs }: Bucket,
  bytes: number,
  bytesPerSecond: number,
  nowMs: number,
): { readonly bucket: Bucket; readonly waitMs: number } {
  const from = Math.max(freeMs, nowMs - CREDIT_MS);
  return { bucket: { freeMs: from + (bytes * 1_000) / bytesPerSecond }, waitMs: Math.max(0, from - nowMs) };
}

/** Gives back bytes that were taken and not moved. */
export function giveBack({ freeMs }: Bucket, bytes: number, bytesPerSecond: number): Bucket {
  return { freeMs: freeMs - (bytes * 1_000) / bytesPerSecond };
}
