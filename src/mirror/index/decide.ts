import { type DirectoryFingerprint, type IndexEntry, spreadOf } from "./entry.ts";

/** How long what the index tells is relied on. */
export interface IndexPolicy {
  /** Every directory is compared exactly within this time, in milliseconds; 0: in each run. */
  readonly fullCheckMs: number;
  /** How long the target is not looked at, after a look that showed what is known of it; absent: it is always looked at. */
  readonly trustTargetMs?: number | undefined;
}

/** What was seen of a directory in this run. */
export interface SeenDirectory {
  readonly source: DirectoryFingerprint;
  /** Undefined: it was not looked at yet. */
  readonly target: DirectoryFingerprint | undefined;
}

/** `look-at-target`: it depends on that. */
export type IndexVerdict =
  | { readonly action: "unchanged"; readonly isTargetTrusted: boolean }
  | { readonly action: "look-at-target" }
  | { readonly action: "compare"; readonly because: "unknown" | "young" | "due" | "changed" };

/** A minute in listings; whoever changes a file after it is over gives it another time. In seconds, with one to spare. */
const MINUTE_S = 61;

/**
 * Whether a directory can be taken as unchanged since it was compared exactly.
 *
 * As in git's index, a time that was not over yet when a directory was looked at proves nothing. Where the zone or the
 * clock of a server leaves that open, it counts how long by our clock the directory had looked like that when the
 * exact comparison began: what was shown a minute before cannot have the time of a change after it.
 * @param key of the directory, by which exact comparisons are spread over the runs
 */
export function judgeSeen(
  key: string,
  entry: IndexEntry | undefined,
  seen: SeenDirectory,
  policy: IndexPolicy,
  nowMs: number,
): IndexVerdict {
  if (entry === undefined) return { action: "compare", because: "unknown" };
  if (seen.source !== entry.source) return { action: "compare", because: "changed" };
  if (!isSettled(entry)) return { action: "compare", because: "young" };
  if (isDue(key, entry, policy, nowMs)) return { action: "compare", because: "due" };
  if (seen.target !== undefined)
    return seen.target === entry.target
      ? { action: "unchanged", isTargetTrusted: false }
      : { action: "compare", because: "changed" };
  return isTrusted(entry, policy, nowMs)
    ? { action: "unchanged", isTargetTrusted: true }
    : { action: "look-at-target" };
}

/** Whether the target is left out for a directory whose source looks as it did. */
export function leavesTargetOut(
  key: string,
  entry: IndexEntry | undefined,
  policy: IndexPolicy,
  nowMs: number,
): boolean {
  return (
    entry !== undefined &&
    isSettled(entry) &&
    !isDue(key, entry, policy, nowMs) &&
    isTrusted(entry, policy, nowMs)
  );
}

/** An exact comparison that ended with nothing left to do. */
export interface CleanLook {
  readonly source: DirectoryFingerprint;
  readonly target: DirectoryFingerprint;
  /** Whether all times in it were over before the look. */
  readonly areOver: boolean;
  /** When the look began, and when all was known, in milliseconds since 1970. */
  readonly lookedMs: number;
  readonly nowMs: number;
}

/** What is kept of a directory now. @param before what was kept of it */
export function entryAfter(before: IndexEntry | undefined, look: CleanLook): IndexEntry {
  const { source, target, areOver, lookedMs, nowMs } = look;
  const isAsBefore = before !== undefined && before.source === source && before.target === target;
  const exactS = Math.floor(lookedMs / 1_000);
  const sinceS = areOver ? 0 : isAsBefore ? before.sinceS : Math.ceil(nowMs / 1_000);
  return { source, target, sinceS, exactS, targetS: exactS };
}

/** When a directory was compared exactly that was young then, in milliseconds since 1970; undefined: it was not. */
export function youngAt(entry: IndexEntry | undefined): number | undefined {
  return entry === undefined || isSettled(entry) ? undefined : entry.exactS * 1_000;
}

/** Whether its times were over when it was compared. */
function isSettled({ sinceS, exactS }: IndexEntry): boolean {
  return exactS - sinceS >= MINUTE_S;
}

/** In the second half of the interval, not all at once; a time that is still to come is no time to rely on. */
function isDue(key: string, { exactS }: IndexEntry, { fullCheckMs }: IndexPolicy, nowMs: number): boolean {
  const agoMs = nowMs - exactS * 1_000;
  return agoMs < 0 || agoMs >= fullCheckMs * (1 - spreadOf(key, exactS) / 2);
}

function isTrusted({ targetS }: IndexEntry, { trustTargetMs = 0 }: IndexPolicy, nowMs: number): boolean {
  const agoMs = nowMs - targetS * 1_000;
  return agoMs >= 0 && agoMs < trustTargetMs;
}
