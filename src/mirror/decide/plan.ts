import { EffortError } from "../../copy/pattern/effort.ts";
import { LEADS_OUT } from "../../copy/select.ts";
import type { EntryKind, ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath, refusalOfName } from "../../ftp/pathname.ts";
import type { FileFacts } from "../../transfer/sides/side.ts";
import { type DirectoryListing, march } from "./tree.ts";
import type { FileTask } from "../../batch/task.ts";

/** What a directory fails with that a list of files names. */
const UNLISTED_IN_PLACE =
  "at the target there is no directory but another entry of this name, which is not in the list; delete it, or choose another target";
const LISTED_DIRECTORY = "is in the list, but is a directory";

/** A file at the source, as it is to be at the target. */
export interface PlannedCopy {
  /** Below the root of both trees. */
  readonly path: string;
  readonly facts: FileFacts;
  /** Where its bytes come from, where that need not be the source. */
  readonly peers?: Supplied;
}

/** A file that may be had from somebody else who is equal to the source. */
export interface Supplied {
  /** The same file there; absent: it comes from the source. */
  readonly from?: FileTask["source"];
  readonly because: string;
}

/**
 * What is to be done with one name in a directory. Nothing of it is decided by anything but the two entries and
 * the rules.
 */
export type PlanStep =
  | {
      readonly step: "copy";
      readonly file: PlannedCopy;
      readonly because: string;
      /** What is at the target, and is overwritten. */
      readonly target: ListingEntry | undefined;
    }
  /** Both sides have it: whether it is copied depends on size, time or digest. */
  | { readonly step: "compare"; readonly file: PlannedCopy; readonly target: ListingEntry }
  /** A symbolic link that both sides have, and that leads to the same. */
  | { readonly step: "same-link"; readonly path: string; readonly because: string }
  | {
      readonly step: "link";
      readonly path: string;
      readonly to: string;
      /** What is at the target, and makes way. */
      readonly target: ListingEntry | undefined;
    }
  /** Go on below: both sides have it, or one of them. */
  | {
      readonly step: "enter";
      readonly path: string;
      readonly at: "both" | "source" | "target";
      /** Whether a symbolic link at the source leads there. */
      readonly isByLink: boolean;
    }
  /** The target has it alone. */
  | { readonly step: "extra"; readonly path: string; readonly entry: ListingEntry }
  /** Something else is where a file or directory is to be; it is also reported as an extra, and has to be removed first. */
  | {
      readonly step: "conflict";
      readonly path: string;
      readonly source: PlannedCopy | "directory";
      readonly entry: ListingEntry;
    }
  | {
      readonly step: "leave";
      readonly path: string;
      readonly because: string;
      /** Whether it is at the source; what the target has alone and a rule leaves out is not worth a word. */
      readonly isAtSource: boolean;
    }
  /** Neither it nor what is below it is known; of a directory that is in a list of files, what is below it is looked at. */
  | {
      readonly step: "fault";
      readonly path: string;
      readonly because: string;
      /** The target will not have it under its name; so nothing of it is there, and nothing else depends on it. */
      readonly isRefusedName?: true;
    };

/** The rules that decide about names, without a look at the other side. */
export interface Rules {
  /**
   * Why a path is left alone, at both sides; undefined where it is not.
   * @param isInTheWay whether it is at the target, where the source has something of another kind
   */
  readonly leaves: (path: string, facts: FileFacts, isInTheWay?: boolean) => string | undefined;
  /** Whether a list of files has the path; absent: there is no list. */
  readonly isListed?: ((path: string) => boolean) | undefined;
  readonly links: LinkPolicy;
}

export type LinkPolicy = "follow" | "skip" | "copy";

/**
 * What is to be done in one directory. Links and entries of unknown kind at the source have been looked up before
 * where the policy follows them; those at the target stand for themselves.
 */
export function* planDirectory(
  path: string,
  source: DirectoryListing,
  target: DirectoryListing,
  rules: Rules,
): Generator<PlanStep> {
  const [here, there] = [entriesOf(source), entriesOf(target)];
  for (const { name, source: one, target: two } of march(here, there)) {
    const below = joinPath(path, name);
    const refusal = refusalOfName(name);
    if (refusal !== undefined) {
      yield refused(below, `its name ${refusal}`, one !== undefined);
      continue;
    }
    // What makes way for something else is nobody's counterpart: it has to be allowed to go for itself.
    const isMatched = one !== undefined && (one.kind === "directory") === (two?.kind === "directory");
    let [because, ofTarget]: (string | undefined)[] = [];
    try {
      because = one && rules.leaves(below, one);
      ofTarget = isMatched ? undefined : two && rules.leaves(below, two, one !== undefined);
    } catch (error) {
      if (!(error instanceof EffortError)) throw error;
      yield refused(below, error.message, one !== undefined);
      continue;
    }
    const fault = one && faultOfListed(below, one, rules);
    if (fault !== undefined) yield fault;
    const left = because ?? ofTarget;
    if (left !== undefined) {
      if (fault === undefined)
        yield { step: "leave", path: below, because: left, isAtSource: one !== undefined };
      if (ofTarget === undefined && isBehindUnlisted(below, one, two, rules))
        yield { step: "enter", path: below, at: "target", isByLink: false };
    } else if (one !== undefined && two !== undefined && isUnlistedInPlace(below, one, two, rules)) {
      yield { step: "fault", path: below, because: UNLISTED_IN_PLACE };
    } else if (one !== undefined) yield* atSource(below, one, two, rules.links);
    else if (two !== undefined) yield* alone(below, two);
  }
}

/** Whether an entry that no list names would have to go for a directory, in which listed files may be or not. */
function isUnlistedInPlace(path: string, one: ListingEntry, two: ListingEntry, { isListed }: Rules): boolean {
  return one.kind === "directory" && two.kind !== "directory" && isListed?.(path) === false;
}

/**
 * Whether files of a list may be in a directory of the target where the source has a file that no list names: these the
 * source has not. The directory itself stays, as no list names it either.
 */
function isBehindUnlisted(
  path: string,
  one: ListingEntry | undefined,
  two: ListingEntry | undefined,
  { isListed }: Rules,
): boolean {
  return one?.kind === "file" && two?.kind === "directory" && isListed?.(path) === false;
}

/** The fault of a directory that a list of files names. Files in it that are listed are copied all the same. */
export function faultOfListed(
  path: string,
  { kind }: ListingEntry,
  { isListed }: Rules,
): Extract<PlanStep, { step: "fault" }> | undefined {
  const isFault = kind === "directory" && isListed?.(path) === true;
  return isFault ? { step: "fault", path, because: LISTED_DIRECTORY } : undefined;
}

/** What nobody can be asked for is a failure where it is to be copied, and stays where it would be deleted. */
function refused(path: string, because: string, isAtSource: boolean): PlanStep {
  return isAtSource ? { step: "fault", path, because } : { step: "leave", path, because, isAtSource };
}

function entriesOf(listing: DirectoryListing): readonly ListingEntry[] {
  return listing.kind === "listed" ? listing.entries : [];
}

function* atSource(
  path: string,
  source: ListingEntry,
  target: ListingEntry | undefined,
  links: LinkPolicy,
): Generator<PlanStep> {
  switch (source.kind) {
    case "file":
      if (target?.kind === "directory") yield* conflict(path, { path, facts: source }, target);
      else yield fileStep({ path, facts: source }, target);
      return;
    case "directory":
      if (target !== undefined && target.kind !== "directory") yield* conflict(path, "directory", target);
      else {
        const isByLink = source.linkTarget !== undefined;
        yield { step: "enter", path, at: target === undefined ? "source" : "both", isByLink };
      }
      return;
    case "link":
      yield linkStep(path, source, target, links);
      return;
    default:
      yield { step: "leave", path, because: "neither a file nor a directory", isAtSource: true };
  }
}

function fileStep(file: PlannedCopy, target: ListingEntry | undefined): PlanStep {
  if (target === undefined) return { step: "copy", file, because: "not on the target", target };
  if (target.kind === "link") return { step: "copy", file, because: "a symbolic link at the target", target };
  return { step: "compare", file, target };
}

function linkStep(
  path: string,
  { linkTarget, leadsOut }: ListingEntry,
  target: ListingEntry | undefined,
  links: LinkPolicy,
): PlanStep {
  if (links !== "copy") {
    const followed = leadsOut === true ? LEADS_OUT : "a symbolic link that is broken or leads to itself";
    const because = links === "skip" ? "a symbolic link" : followed;
    return { step: "leave", path, because, isAtSource: true };
  }
  if (linkTarget === undefined)
    return {
      step: "leave",
      path,
      because: "a symbolic link whose destination the listing does not show",
      isAtSource: true,
    };
  if (target?.kind === "directory") {
    return {
      step: "leave",
      path,
      because: "a directory exists where the symbolic link would be created",
      isAtSource: true,
    };
  }
  if (target?.kind === "link" && target.linkTarget === linkTarget)
    return { step: "same-link", path, because: "the same symbolic link" };
  return { step: "link", path, to: linkTarget, target };
}

function* conflict(
  path: string,
  source: PlannedCopy | "directory",
  entry: ListingEntry,
): Generator<PlanStep> {
  yield { step: "conflict", path, source, entry };
  yield* alone(path, entry);
}

function* alone(path: string, entry: ListingEntry): Generator<PlanStep> {
  // A link is never followed where something is deleted.
  if (entry.kind === "directory") yield { step: "enter", path, at: "target", isByLink: false };
  yield { step: "extra", path, entry };
}

/** What is somewhere, for a sentence. */
export function nounOf(kind: EntryKind): string {
  if (kind === "link") return "a symbolic link";
  return kind === "file" || kind === "directory" ? `a ${kind}` : "something that is not a file";
}
