import { formatBytes, formatDuration } from "../../../shared/units.ts";

/**
 * Bytes per second that a transfer is granted of which nothing can be seen: it may be moving, at this pace or faster.
 * `hidden`: where the target has taken a file well without showing it growing.
 */
const GRANTED = { unseen: 1_048_576, hidden: 65_536 } as const;
/** The size that a file is granted whose size nobody tells, in bytes. */
const UNKNOWN_SIZE = 67_108_864;

/** What a third-party transfer may take. */
export interface GrowthLimits {
  /** Bytes that were there before; what is no more than that has not grown. */
  readonly from: number;
  /** Bytes of the whole file, where that is known. */
  readonly sizeBytes: number | undefined;
  /** Milliseconds without growth after which it is given up. */
  readonly stallMs: number;
  /** Bytes per second, measured over `stallMs`, below which it is given up; 0: never. */
  readonly minimumBytesPerSecond: number;
  /** Whether the target is known to show a file only when it is complete. */
  readonly hidesGrowth: boolean;
}

/** What the looks at a target have shown so far. Times in milliseconds. */
export interface Growth {
  readonly size: number;
  readonly hasGrown: boolean;
  /** When more was seen than before. */
  readonly grewAtMs: number;
  /** Since when each look has shown the same size; undefined where the last one showed nothing. */
  readonly sameSinceMs: number | undefined;
  /** Where the rate is measured from. */
  readonly measured: { readonly sinceMs: number; readonly size: number };
  /** Looks that showed a size. */
  readonly looks: number;
}

export function beginGrowth(from: number, atMs: number): Growth {
  const measured = { sinceMs: atMs, size: from };
  return { size: from, hasGrown: false, grewAtMs: atMs, sameSinceMs: undefined, measured, looks: 0 };
}

/** One more look. @param shown bytes at the target; undefined where that cannot be known now */
export function grow(growth: Growth, shown: number | undefined, atMs: number, limits: GrowthLimits): Growth {
  if (shown === undefined) return { ...growth, sameSinceMs: undefined };
  const looks = growth.looks + 1;
  if (shown <= growth.size) return { ...growth, looks, sameSinceMs: growth.sameSinceMs ?? atMs };
  const restarts = !growth.hasGrown || atMs - growth.measured.sinceMs > limits.stallMs;
  const measured = restarts ? { sinceMs: atMs, size: shown } : growth.measured;
  return { size: shown, hasGrown: true, grewAtMs: atMs, sameSinceMs: atMs, measured, looks };
}

/**
 * Why a transfer is given up; undefined while it may go on. A target that shows an unfinished file has to show it
 * growing. Of one that cannot be seen, or is known to hide it, nothing can be concluded for as long as the rest of the
 * file would take at a slow pace.
 */
export function faultOf(
  before: Growth,
  growth: Growth,
  atMs: number,
  limits: GrowthLimits,
): string | undefined {
  const { stallMs, sizeBytes } = limits;
  const isVisible = growth.sameSinceMs !== undefined && (growth.hasGrown || !limits.hidesGrowth);
  const stillMs = isVisible ? atMs - (growth.sameSinceMs ?? atMs) : 0;
  if (stillMs >= stallMs) return `no byte arrived at the target for ${formatDuration(stillMs)}`;
  const restBytes = Math.max(0, (sizeBytes ?? growth.size + UNKNOWN_SIZE) - growth.size);
  const unseenMs = atMs - growth.grewAtMs;
  const perSecond = limits.hidesGrowth ? GRANTED.hidden : GRANTED.unseen;
  if (unseenMs >= stallMs + (restBytes * 1_000) / perSecond)
    return `no byte was seen to arrive at the target for ${formatDuration(unseenMs)}`;
  return tooSlow(before, growth, atMs, limits);
}

function tooSlow(
  { measured, hasGrown }: Growth,
  { size }: Growth,
  atMs: number,
  { stallMs, minimumBytesPerSecond: least }: GrowthLimits,
): string | undefined {
  const ms = atMs - measured.sinceMs;
  const arrived = size - measured.size;
  if (!hasGrown || ms < stallMs || arrived * 1_000 >= least * ms) return undefined;
  const rate = `the minimum is ${formatBytes(least)}/s (timeouts.minimumRate)`;
  return `transfer too slow: ${formatBytes(arrived)} in ${formatDuration(ms)}; ${rate}`;
}
