import type { FileFingerprint } from "../../batch/journal.ts";
import type { FileFacts } from "../../transfer/sides/side.ts";
import { isExact, isLater, isSameTime, mayBeZone, type Zone } from "./times.ts";

/** What makes two files equal. */
export type Compare = "size" | "time" | "size+time" | "digest";

/** What a file was when it was sent, and what the target reported about it then; for targets that keep no times. */
export interface Written {
  readonly source: FileFingerprint;
  readonly stored: FileFingerprint;
}

/** What is known of both sides, beside the two files. */
export interface ComparisonContext {
  readonly compare: Compare;
  readonly sourceZone: Zone;
  readonly targetZone: Zone;
  /** Whether the target is known to keep the times that it is given. */
  readonly keepsTimes: boolean;
  readonly written: Written | undefined;
  /** Whether the sides were asked for these two files, so that nothing more can be learned of them. */
  readonly isLooked: boolean;
}

/** `look`: what the listings tell is not enough; the sides are asked for this file. `digest`: its digests decide. */
export type FileJudgement =
  | { readonly action: "copy" | "keep"; readonly because: string }
  | { readonly action: "look" }
  | { readonly action: "digest" };

/** Whether a file that is at both sides is to be copied, and why. */
export function judgeFile(source: FileFacts, target: FileFacts, about: ComparisonContext): FileJudgement {
  const { compare } = about;
  if (compare !== "time") {
    const [one, two] = [source.sizeBytes, target.sizeBytes];
    if (one === undefined || two === undefined) return unknownDifference("size", about);
    if (one !== two) return { action: "copy", because: `${one} bytes at the source, ${two} at the target` };
    if (compare === "size") return { action: "keep", because: "equal in size" };
    if (compare === "digest") return { action: "digest" };
  }
  return byTime(source, target, about);
}

function byTime(source: FileFacts, target: FileFacts, about: ComparisonContext): FileJudgement {
  const { sourceZone, targetZone, compare, keepsTimes, written, isLooked } = about;
  const [one, two] = [source.modified, target.modified];
  if (one === undefined || two === undefined) return unknownDifference("time", about);
  const equal = compare === "time" ? "equal in time" : "equal in size and time";
  if (isSameTime(one, two, sourceZone, targetZone)) return { action: "keep", because: equal };
  if (written !== undefined && isAsWritten(source, target, written, about)) {
    return { action: "keep", because: "unchanged since it was copied (the target does not preserve times)" };
  }
  const areExact = isExact(one) && isExact(two);
  if (!areExact && !isLooked) return { action: "look" };
  if (!areExact && compare === "size+time" && mayBeZone(one, two)) {
    return { action: "keep", because: "equal in size; the times differ only by a possible time zone" };
  }
  const isNewer = isLater(one, two, sourceZone, targetZone);
  if (!keepsTimes && !isNewer && compare === "size+time") {
    const record = written?.stored.modifiedMs === undefined ? recordOfSource(written) : "of both";
    if (record === undefined)
      return {
        action: "keep",
        because:
          "equal in size (the target does not preserve times, and there is no record of an earlier copy)",
      };
    if (record !== "of both" && isOf(source, record, sourceZone))
      return { action: "keep", because: "unchanged at the source since it was copied, and equal in size" };
  }
  return { action: "copy", because: isNewer ? "newer at the source" : "older at the source" };
}

/** What is known of the source where the target gave no exact time when the file was stored; undefined: nothing. */
function recordOfSource(written: Written | undefined): FileFingerprint | undefined {
  return written?.source.modifiedMs === undefined ? undefined : written.source;
}

/** Asked for the file itself, a side may tell; one that does not even then leaves nothing to keep the file for. */
function unknownDifference(what: "size" | "time", { isLooked }: ComparisonContext): FileJudgement {
  return isLooked
    ? { action: "copy", because: `the ${what} is not known on both sides` }
    : { action: "look" };
}

function isAsWritten(
  source: FileFacts,
  target: FileFacts,
  written: Written,
  { sourceZone, targetZone }: ComparisonContext,
): boolean {
  return isOf(source, written.source, sourceZone) && isOf(target, written.stored, targetZone);
}

function isOf({ sizeBytes, modified }: FileFacts, stamp: FileFingerprint, zone: Zone): boolean {
  if (sizeBytes === undefined || sizeBytes !== stamp.sizeBytes) return false;
  if (modified === undefined || stamp.modifiedMs === undefined) return false;
  return isSameTime(modified, { atMs: stamp.modifiedMs, precision: "second", zone: "utc" }, zone, 0);
}
