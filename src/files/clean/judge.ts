import type { ListedTime, ListingEntry } from "../../ftp/listing/entry.ts";
import { formatDuration } from "../../shared/units.ts";
import type { LeftoverName } from "../../transfer/publish/leftover-name.ts";

/** What may be deleted. */
export interface CleanPolicy {
  /** Owner keys of this user, and of the workers of this installation. */
  readonly owners: ReadonlySet<string>;
  /** Whether what carries another owner's key may go as well. */
  readonly all: boolean;
  /** Milliseconds since 1970: only what was last written before this goes. */
  readonly beforeMs: number;
  /** The same, as it was asked for. */
  readonly olderThan: string;
  readonly nowMs: number;
}

export interface CleanVerdict {
  readonly action: "delete" | "keep";
  readonly because: string;
}

const STEP_MS = { second: 1_000, minute: 60_000, day: 86_400_000 } as const;
/** UTC+14 and UTC-12 are the zones farthest from UTC. */
const FARTHEST_ZONE_MS = 14 * 3_600_000;

/** The latest moment that a listed time may stand for, in milliseconds since 1970. */
export function latestOf({ atMs, precision, zone }: ListedTime): number {
  return atMs + STEP_MS[precision] + (zone === "utc" ? 0 : FARTHEST_ZONE_MS);
}

/** `3 d 2 h old`; undefined where it is not known. */
export function ageOf({ modified }: ListingEntry, nowMs: number): string | undefined {
  return modified && `${formatDuration(Math.max(0, nowMs - modified.atMs))} old`;
}

const keep = (because: string): CleanVerdict => ({ action: "keep", because });

/**
 * Whether something whose name is ours goes, as far as its directory's listing tells.
 * @param present names in that directory to which it may belong, by the first digits of their keys
 */
export function judgeLeftover(
  leftover: LeftoverName,
  entry: ListingEntry,
  present: (key: string) => string | undefined,
  policy: CleanPolicy,
): CleanVerdict {
  const { kind } = leftover;
  if (entry.kind !== "file") return keep(`not known to be a regular file (${entry.kind})`);
  if (kind === "name-test" && entry.sizeBytes !== 0)
    return keep("a file that tests names is empty, and this one is not known to be");
  const refusal = refusalOfSetAside(leftover, present) ?? refusalOfOwner(leftover, policy);
  if (refusal !== undefined) return keep(refusal);
  return judgeAge(entry, WHAT[kind], policy);
}

/** Whether it is old enough to be surely nobody's. */
export function judgeAge(
  { modified }: ListingEntry,
  what: string,
  { beforeMs, olderThan, nowMs }: CleanPolicy,
): CleanVerdict {
  if (beforeMs >= nowMs) return { action: "delete", because: what };
  if (modified === undefined)
    return keep(`${what}, but its age is not known; --older-than 0s deletes it at any age`);
  if (latestOf(modified) > beforeMs)
    return keep(`${what}, but not surely older than ${olderThan} (--older-than)`);
  return { action: "delete", because: what };
}

/** What was set aside may be the only copy there is. */
function refusalOfSetAside(
  leftover: LeftoverName,
  present: (key: string) => string | undefined,
): string | undefined {
  const { kind } = leftover;
  if (kind === "link") return "a link that did not get its name, listed as a file; delete it by its name";
  const isSetAside = kind === "set-aside" || kind === "set-aside-by-link";
  if (!isSetAside || (kind === "set-aside" && present(leftover.key) !== undefined)) return undefined;
  return "may be the only copy of a file that was being replaced: nothing in its directory is known to have its place; rename it, or delete it by its name";
}

function refusalOfOwner(leftover: LeftoverName, { owners, all }: CleanPolicy): string | undefined {
  if (!("owner" in leftover) || all || owners.has(leftover.owner)) return undefined;
  return `belongs to another user or installation of fxpd (owner key ${leftover.owner}); --all deletes it too`;
}

const WHAT: Readonly<Record<LeftoverName["kind"], string>> = {
  partial: "partial file of a transfer that is not running",
  "set-aside": "a file that was replaced, left by a transfer that is not running",
  link: "a link that did not get its name",
  "set-aside-by-link": "a file that a link replaced",
  "test-file": "test file of fxpd probe or fxpd doctor",
  "name-test": "empty file that tested which names the server keeps",
};
