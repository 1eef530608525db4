import { alternativesOf } from "../../copy/glob.ts";
import { Effort } from "../../copy/pattern/effort.ts";
import { NamePattern } from "../../copy/pattern/name-pattern.ts";
import { isWild, literalOf } from "../../copy/pattern/path-pattern.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath } from "../../ftp/pathname.ts";
import { complain, entriesOf, localNames, type Routine } from "../effects.ts";
import { ConsoleError } from "../errors.ts";
import type { ConsoleSession } from "../session.ts";

/** A file or directory that a pattern matched, under the pathname that leads to it. */
export interface Match {
  readonly path: string;
  readonly kind: ListingEntry["kind"];
}

/** What was matched, and whether that is all that there may be. */
interface Matches {
  readonly matches: readonly Match[];
  readonly isWhole: boolean;
}

/** Whether a word has wildcards. */
export function isPattern(word: string): boolean {
  return /[*?[{]/.test(word);
}

type Look = (
  directory: string,
) => Routine<readonly { readonly name: string; readonly kind: ListingEntry["kind"] }[]>;

/**
 * What a pattern matches on the server: matched here, in listings, so that it means the same on every server. A name
 * that begins with a dot is matched only by a pattern that does.
 */
function* matchingThere(session: ConsoleSession, word: string): Routine<Matches> {
  if (!session.toggles.glob || !isPattern(word))
    return { matches: [{ path: word, kind: "unknown" }], isWhole: true };
  if (session.isGlobbedThere) {
    const names = (yield { kind: "names", on: session.at, pattern: word }) as readonly string[];
    return { matches: names.map((path) => ({ path, kind: "unknown" })), isWhole: true };
  }
  let isWhole = true;
  const matches = yield* matching(word, function* (directory) {
    const { entries, fault } = yield* entriesOf(session.at, directory);
    if (fault !== undefined) yield* complain(fault);
    isWhole &&= fault === undefined;
    return entries;
  });
  return { matches, isWhole };
}

/** What a pattern matches on this machine. */
export function* matchingHere(word: string): Routine<readonly string[]> {
  if (!isPattern(word)) return [word];
  const found = yield* matching(word, function* (directory) {
    return (yield* localNames(directory)).map((name) => ({ name, kind: "unknown" as const }));
  });
  return found.map(({ path }) => path);
}

function* matching(word: string, look: Look): Routine<readonly Match[]> {
  const found: Match[] = [];
  for (const alternative of alternativesOf(word)) {
    const segments = alternative.split("/");
    const isAbsolute = segments[0] === "" && segments.length > 1;
    found.push(...(yield* below(isAbsolute ? "/" : "", isAbsolute ? segments.slice(1) : segments, look)));
  }
  const sorted = found.sort((one, other) => (one.path < other.path ? -1 : 1));
  return sorted.filter(({ path }, index) => path !== sorted[index - 1]?.path);
}

function* below(
  directory: string,
  [segment = "", ...more]: readonly string[],
  look: Look,
): Routine<readonly Match[]> {
  if (!isWild(segment)) {
    const path = joinPath(directory, literalOf(segment));
    return more.length === 0 ? [{ path, kind: "unknown" }] : yield* below(path, more, look);
  }
  const pattern = new NamePattern(segment);
  const effort = new Effort();
  const found: Match[] = [];
  for (const { name, kind } of yield* look(directory)) {
    if (name.startsWith(".") && !segment.startsWith(".")) continue;
    if (!pattern.matches(name, effort)) continue;
    const path = joinPath(directory, name);
    if (more.length === 0) found.push({ path, kind });
    else if (kind === "directory" || kind === "unknown") found.push(...(yield* below(path, more, look)));
  }
  return found;
}

/** What several words match on the server. A word that matches nothing is reported. @throws ConsoleError where none does */
export function* allMatching(session: ConsoleSession, words: readonly string[]): Routine<Matches> {
  const all: Match[] = [];
  let areWhole = true;
  for (const word of words) {
    const { matches, isWhole } = yield* matchingThere(session, word);
    if (matches.length === 0) yield* complain(`${word}: no match.`);
    areWhole &&= isWhole && matches.length > 0;
    all.push(...matches);
  }
  if (all.length === 0) throw new ConsoleError("nothing matches; no file was touched");
  return { matches: all, isWhole: areWhole };
}
