import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath } from "../../ftp/pathname.ts";
import { TEMPORARY_PREFIX } from "../../transfer/publish/temporary-name.ts";
import type { ScanResult, ScanPolicy } from "../contract.ts";
import { bitsToSet, type PermissionsPolicy } from "../decide/permissions.ts";
import { planDirectory, type Rules } from "../decide/plan.ts";
import type { ListedDirectory } from "../decide/tree.ts";

/** Whether something of an exact comparison is left to do, now or at another time. */
export function isDone(found: ScanResult, policy: PermissionsPolicy): boolean {
  switch (found.step) {
    case "keep":
      return found.leftover === undefined && bitsToSet(policy, found.file.facts, found.target) === undefined;
    case "enter":
      return found.next.at === "both";
    case "leave":
      return true;
    default:
      return false;
  }
}

/** Whether what two listings of one directory show is all that there is, in files and directories that are at rest. */
export function isPlain({ entries, isDoubtful, unread }: ListedDirectory): boolean {
  if (isDoubtful || unread !== undefined) return false;
  return entries.every(
    ({ name, kind }) => (kind === "file" || kind === "directory") && !name.startsWith(TEMPORARY_PREFIX),
  );
}

/** Whether a file is left alone for its age or size, which may be otherwise at another time. */
export function leavesSome({ entries }: ListedDirectory, policy: ScanPolicy): boolean {
  return entries.some((entry) => entry.kind === "file" && policy.leavesFile(entry) !== undefined);
}

/** Whether two looks at a directory show the same files, in the same sizes, and the same directories. */
export function showSame(one: readonly ListingEntry[], other: readonly ListingEntry[]): boolean {
  const sizes = new Map(one.map((entry) => [entry.name, sizeOf(entry)]));
  return one.length === other.length && other.every((entry) => sizes.get(entry.name) === sizeOf(entry));
}

function sizeOf({ kind, sizeBytes }: ListingEntry): number | string | undefined {
  return kind === "file" ? sizeBytes : kind;
}

/**
 * Whether a directory that looks as it did at an exact comparison is such as can have ended with nothing to do. What is
 * kept of it are fingerprints, and not the names.
 */
export function canBeDone(
  path: string,
  source: ListedDirectory,
  target: ListedDirectory,
  rules: Rules,
  { looksAtExtras }: Pick<ScanPolicy, "looksAtExtras">,
): boolean {
  if (!isPlain(source) || !isPlain(target)) return false;
  for (const step of planDirectory(path, source, target, rules)) {
    const isExtra = step.step === "extra" || (step.step === "enter" && step.at === "target");
    if (isExtra && !looksAtExtras) continue;
    const isUsual =
      step.step === "compare" || step.step === "leave" || (step.step === "enter" && step.at === "both");
    if (!isUsual || (step.step === "enter" && step.isByLink)) return false;
  }
  return true;
}

/** What the target has where it need not be looked at: what the source has. */
export function asAtSource(source: ListedDirectory, path: string, rules: Rules): ListedDirectory {
  const entries = source.entries.filter(
    (entry) => rules.leaves(joinPath(path, entry.name), entry) === undefined,
  );
  return { ...source, entries };
}
