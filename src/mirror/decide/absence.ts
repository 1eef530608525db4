import type { EntryKind } from "../../ftp/listing/entry.ts";
import type { NameQuery, Presence } from "../../ftp/session/names/presence.ts";
import { parentOf } from "../../ftp/pathname.ts";

/** What a target has and the listing of the source lacks, and is to be deleted, moved away or renamed. */
export interface Missing {
  readonly path: string;
  readonly kind: EntryKind;
}

/** Where the source has something else under the name, which is to take the place of what is at the target. */
export type Replacements = ReadonlyMap<string, "file" | "directory">;

/** The answer about one path, and about all that is below it. */
export type AbsenceVerdict = "proven" | { readonly because: string } | "ask-listings";

/**
 * What the source is to be asked for, so that as little as possible proves the absence of all: a directory that is not
 * there has nothing in it.
 */
export function questionsFor(missing: readonly Missing[]): readonly NameQuery[] {
  const directories = new Set(missing.filter(({ kind }) => kind === "directory").map(({ path }) => path));
  return missing.filter(({ path }) => !isBelow(path, directories));
}

/** Whether one of these directories lies above a path. */
export function isBelow(path: string, directories: { has(directory: string): boolean }): boolean {
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) if (directories.has(at)) return true;
  return false;
}

/** Whether an answer permits that what is at the target goes. */
export function judgePresence(
  asked: NameQuery,
  presence: Presence,
  replacements: Replacements,
): AbsenceVerdict {
  const { path, kind } = asked;
  if (presence.kind === "unknown") {
    if (presence.isUnanswerable) return "ask-listings";
    return { because: `not deleted: the source could not confirm that it is gone: ${presence.because}` };
  }
  // Most servers follow links, and one that leads nowhere is as good as none; only a listing shows it.
  if (presence.kind === "absent") return kind === "link" && !presence.seesLinks ? "ask-listings" : "proven";
  if (presence.as !== "unknown" && presence.as === replacements.get(path)) return "proven";
  return {
    because: "not deleted: the source still has it, although a listing of the source did not show it",
  };
}

/** One listing of a directory, as far as it bears on names that are looked for. */
export interface NamesListed {
  readonly names: ReadonlySet<string>;
  /** Whether its end shows that nobody has cut it. */
  readonly isWhole: boolean;
}

/** Whether two listings, taken on two connections, prove that a name is not there. */
export function judgeListings(name: string, one: NamesListed, two: NamesListed): AbsenceVerdict {
  if (one.names.has(name) || two.names.has(name))
    return {
      because: "not deleted: the source still has it, although a listing of the source did not show it",
    };
  const isSame = one.names.size === two.names.size && [...one.names].every((each) => two.names.has(each));
  if (!isSame) return { because: "not deleted: two listings of its directory at the source disagree" };
  if (one.isWhole && two.isWhole) return "proven";
  const because =
    "not deleted: the source supports no command to check a single name, and its listings do not show whether they are complete";
  return { because };
}
