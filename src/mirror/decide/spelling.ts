import { ReplyError } from "../../ftp/errors.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { foldedName } from "../../ftp/name-kinds.ts";
import { inOrder, type ListedDirectory } from "./tree.ts";

/** A name at the source that the target has not listed, but one that some servers do not tell from it. */
interface Respelled {
  readonly name: string;
  /** What the target has listed. */
  readonly like: string;
  /** Whether the source has that one, too: then the target can hold only one of them. */
  readonly isTaken: boolean;
}

/** Names of the source that differ from one of the target in nothing but case, or in how letters are composed. */
export function respelled(
  source: readonly ListingEntry[],
  target: readonly ListingEntry[],
): readonly Respelled[] {
  if (target.length === 0) return [];
  const listed = new Set(target.map(({ name }) => name));
  const missing = source.filter(({ name }) => !listed.has(name));
  if (missing.length === 0) return [];
  const taken = new Set(source.map(({ name }) => name));
  const bySpelling = new Map(target.map(({ name }) => [foldedName(name), name]));
  return missing.flatMap(({ name }) => {
    const like = bySpelling.get(foldedName(name));
    if (like === undefined) return [];
    const isTaken = taken.has(like);
    taken.add(like);
    return [{ name, like, isTaken }];
  });
}

/** Names of the source that differ from one before them in nothing but that; the target has neither. */
export function twins(
  source: readonly ListingEntry[],
  target: readonly ListingEntry[],
): readonly (readonly [first: string, later: string])[] {
  const listed = new Set(target.map(({ name }) => foldedName(name)));
  const firsts = new Map<string, string>();
  const found: (readonly [string, string])[] = [];
  for (const { name } of source) {
    const key = foldedName(name);
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, name);
    else if (!listed.has(key)) found.push([first, name]);
  }
  return found;
}

/** Two listings, with the target's names as the source spells them. */
export interface Spelled {
  readonly source: ListedDirectory;
  readonly target: ListedDirectory;
  /** What the target cannot hold beside another, and the name of that. */
  readonly refused: readonly Respelled[];
}

/**
 * Names that are one to the target are one for us: else what has just been copied under one spelling would be deleted
 * under the other.
 * @param isPresent whether something is at the target under a name that it has not listed
 * @param areOne whether two names, of which it has listed neither, would be one file there
 */
export async function spelled(
  source: ListedDirectory,
  target: ListedDirectory,
  isPresent: (name: string) => Promise<boolean>,
  areOne: (names: readonly [string, string]) => Promise<boolean>,
): Promise<Spelled> {
  const [names, refused] = [new Map<string, string>(), new Map<string, Respelled>()];
  for (const one of respelled(source.entries, target.entries)) {
    if (!(await isPresent(one.name))) continue;
    if (one.isTaken) refused.set(one.name, one);
    else names.set(one.like, one.name);
  }
  for (const [like, name] of twins(source.entries, target.entries))
    if (await areOne([like, name])) refused.set(name, { name, like, isTaken: true });
  if (names.size + refused.size === 0) return { source, target, refused: [] };
  const there = target.entries.map((entry) => ({ ...entry, name: names.get(entry.name) ?? entry.name }));
  return {
    source: { ...source, entries: source.entries.filter(({ name }) => !refused.has(name)) },
    target: { ...target, entries: inOrder(there) },
    refused: [...refused.values()],
  };
}

/** Whether a target refuses to make a directory, for good and not for want of room. */
export function refusesName(error: unknown): boolean {
  return error instanceof ReplyError && error.command.verb === "MKD" && error.retry === "never";
}
