import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ListedTime, ListingEntry } from "../../ftp/listing/entry.ts";
import { endOf, type Zone } from "../decide/times.ts";

/** By what it was seen what a directory looks like: STAT, or a listing (MLSD, LIST, this machine). */
export type LookedBy = "status" | "listing";

/** A directory on one side, as it looked: 16 hexadecimal digits. */
export type DirectoryFingerprint = string;

/** What is kept of a directory whose last exact comparison ended with nothing left to do. */
export interface IndexEntry {
  readonly source: DirectoryFingerprint;
  readonly target: DirectoryFingerprint;
  /**
   * Since when both sides are known to have looked so, in seconds since 1970, rounded up; 0: all times in them were
   * over when they were looked at.
   */
  readonly sinceS: number;
  /** When the look began that the last exact comparison followed, in seconds since 1970, rounded down. */
  readonly exactS: number;
  /** When the target was looked at last, in the same way. */
  readonly targetS: number;
}

/** How wrong the clock of a server may be, and how far zones are from UTC, in milliseconds. */
const CLOCK_MS = 300_000;
const FARTHEST_MS = 14 * 3_600_000;

/**
 * What a directory looks like: names, kinds, and of whatever is no directory size, time, permissions and owner. The
 * rest of a directory's own line changes with what is in it, which is looked at by itself.
 */
export function directoryFingerprintOf(entries: readonly ListingEntry[]): DirectoryFingerprint {
  const hash = createHash("sha256");
  const lines = entries.map((entry) => {
    const { name, kind, sizeBytes, modified, linkTarget, permissions, owner, group, unique } = entry;
    if (kind === "directory") return JSON.stringify([name, kind, linkTarget]);
    const time = modified && [modified.atMs, modified.precision, modified.zone];
    return JSON.stringify([name, kind, sizeBytes, time, linkTarget, permissions, owner, group, unique]);
  });
  for (const line of lines.sort()) hash.update(`\n${line}`);
  return hash.digest("hex").slice(0, 16);
}

/**
 * Whether a file that changes after a look can be expected to look otherwise at a later one: each tells a size, and a time that is
 * not still to come.
 * @param ahead how far the listing's times are ahead of UTC, where they are not in it; undefined: not known
 */
export function tellsChanges(
  entries: readonly ListingEntry[],
  ahead: Zone | undefined,
  nowMs: number,
): boolean {
  return entries.every(({ kind, sizeBytes, modified }) => {
    if (kind === "directory") return true;
    if (sizeBytes === undefined || modified === undefined) return false;
    const [earliest] = endsOf(modified, ahead);
    return earliest <= nowMs + CLOCK_MS;
  });
}

/** Whether all times in a listing were over before a look, be the clock of the server wrong by minutes. @param ahead as in {@link tellsChanges} */
export function areOver(entries: readonly ListingEntry[], ahead: Zone | undefined, nowMs: number): boolean {
  return entries.every(({ kind, modified }) => {
    if (kind === "directory") return true;
    return modified !== undefined && endsOf(modified, ahead)[1] + CLOCK_MS < nowMs;
  });
}

/** A listed time whose meaning depends on its zone, where there is one. */
export function zonelessIn(entries: readonly ListingEntry[], nowMs: number): ListingEntry | undefined {
  return entries.find(({ kind, modified }) => {
    const hasTime = kind === "file" && modified?.zone === "unknown" && modified.precision !== "day";
    return hasTime && Math.abs(endsOf(modified, 0)[0] - nowMs) <= FARTHEST_MS + CLOCK_MS;
  });
}

/** When the second, minute or day is over that a listed time stands for, at the earliest and at the latest. */
function endsOf(modified: ListedTime, ahead: Zone | undefined): readonly [number, number] {
  const end = endOf(modified);
  if (modified.zone === "utc") return [end, end];
  return ahead === undefined ? [end - FARTHEST_MS, end + FARTHEST_MS] : [end - ahead, end - ahead];
}

/** From 0 to less than 1: the same for the same directory and time, and spread evenly over all of them. */
export function spreadOf(key: string, exactS: number): number {
  return crc32(`${key} ${exactS}`) / 2 ** 32;
}
