import type { Retry } from "../shared/errors.ts";

/** How often a file is tried again, and when. */
export interface RetryPolicy {
  /** Tries after the first, 0 …. */
  readonly retries: number;
}

/** The first pause and the longest, in milliseconds; each pause is twice the one before. */
const PAUSES: Readonly<
  Record<Exclude<Retry, "never">, { readonly firstMs: number; readonly mostMs: number }>
> = {
  "other-method": { firstMs: 1_000, mostMs: 60_000 },
  "new-connection": { firstMs: 500, mostMs: 30_000 },
  later: { firstMs: 1_000, mostMs: 60_000 },
};

/**
 * Whether a file that failed is tried again.
 * @param tries how often it was tried, 1 …
 * @param chance from 0 to less than 1: pauses differ by up to a half, so that many who failed together do not
 * come back together
 * @returns milliseconds to wait; undefined: given up
 */
export function pauseBefore(
  retry: Retry,
  tries: number,
  { retries }: RetryPolicy,
  chance: number,
): number | undefined {
  if (retry === "never" || tries > retries) return undefined;
  // The route has learned what was refused; nothing is gained by waiting, the first time.
  if (retry === "other-method" && tries === 1) return 0;
  const { firstMs, mostMs } = PAUSES[retry];
  return Math.round(Math.min(firstMs * 2 ** (tries - 1), mostMs) * (0.5 + chance / 2));
}
