import { commonDigest } from "../../../ftp/session/digest.ts";
import { ReplyError } from "../../../ftp/errors.ts";
import type { ListingEntry } from "../../../ftp/listing/entry.ts";
import { ListingError, UnreadableLinesError } from "../../../ftp/listing/errors.ts";
import { joinPath } from "../../../ftp/pathname.ts";
import { saysEmpty } from "../../../ftp/quirks.ts";
import { saysErrno } from "../../../transfer/sides/local/errors.ts";
import type { Side } from "../../../transfer/sides/side.ts";
import { both } from "../both.ts";
import { inOrder, type ListedDirectory, march } from "../../decide/tree.ts";

/** Entries in one directory; more would be more than a process should hold. */
export const MAX_DIRECTORY_ENTRIES = 1_000_000;

/**
 * All entries of a directory, by name. Lines that may be entries and cannot be read leave the others as they are.
 * @throws ListingError where they cannot all be known, or a name stands for two things; the side's own error
 */
export async function listWhole(
  side: Side,
  directory: string,
  signal: AbortSignal,
): Promise<ListedDirectory> {
  const entries: ListingEntry[] = [];
  let [isDoubtful, isWhole] = [false, false];
  let unread: string | undefined;
  const ended = (whole: boolean) => void (isWhole = whole);
  try {
    for await (const entry of side.list(directory, signal, true, ended)) {
      if (entries.push(entry) > MAX_DIRECTORY_ENTRIES)
        throw new ListingError(
          `${side.name}: ${directory}: more than ${MAX_DIRECTORY_ENTRIES} entries in one directory`,
        );
    }
  } catch (error) {
    if (error instanceof UnreadableLinesError) unread = error.message;
    else if (error instanceof ReplyError && saysEmpty(error.reply) && entries.length === 0) isDoubtful = true;
    else throw error;
  }
  const sorted = inOrder(entries);
  const twice = sorted.find(({ name }, index) => index > 0 && sorted[index - 1]?.name === name);
  if (twice !== undefined)
    throw new ListingError(`${side.name}: ${directory}: ${JSON.stringify(twice.name)} is listed twice`);
  const known = { kind: "listed", entries: sorted, isDoubtful, isWhole } as const;
  return unread === undefined ? known : { ...known, isWhole: false, unread };
}

/** Entries that STAT has listed, each name once. */
export function asListed(entries: readonly ListingEntry[]): ListedDirectory {
  return { kind: "listed", entries: inOrder([...entries]), isDoubtful: false, isWhole: false };
}

/**
 * Symbolic links as such, with what is written in them, also where a server's usual listing shows what they lead to, or
 * leaves out those that lead nowhere.
 */
export async function withLinks(
  side: Side,
  directory: string,
  listed: ListedDirectory,
  signal: AbortSignal,
): Promise<ListedDirectory> {
  const links = await side.linksIn(directory, signal);
  if (links === undefined || links.size === 0) return listed;
  const entries = new Map(listed.entries.map((entry) => [entry.name, entry]));
  for (const [name, linkTarget] of links) {
    if (entries.get(name)?.linkTarget === undefined)
      entries.set(name, { name, kind: "link", ...(linkTarget === undefined ? {} : { linkTarget }) });
  }
  return { ...listed, entries: inOrder([...entries.values()]) };
}

/** Entries that do not tell what they are, looked up; those that are nowhere are left out. */
export async function identified(
  side: Side,
  directory: string,
  { entries, ...rest }: ListedDirectory,
  followsLinks: boolean,
  signal: AbortSignal,
): Promise<ListedDirectory> {
  const known: ListingEntry[] = [];
  for (const entry of entries) {
    const isClear =
      entry.kind !== "unknown" && (entry.kind !== "link" || !followsLinks || entry.leadsOut === true);
    known.push(isClear ? entry : await lookUp(side, directory, entry, signal));
  }
  return { ...rest, entries: known };
}

/** A link that leads nowhere, or back to where it is, stays a link; one that leads to a directory says so. */
async function lookUp(
  side: Side,
  directory: string,
  entry: ListingEntry,
  signal: AbortSignal,
): Promise<ListingEntry> {
  const path = joinPath(directory, entry.name);
  if (entry.linkTarget !== undefined && leadsBack(directory, entry.linkTarget)) return entry;
  const facts = await side.facts(path, signal);
  const kind = facts?.kind ?? (entry.kind === "link" ? "link" : "other");
  const isByLink = entry.kind === "link" && kind === "directory";
  return { name: entry.name, ...facts, kind, ...(isByLink ? { linkTarget: entry.linkTarget ?? "" } : {}) };
}

/** Whether a link in a directory leads to that directory, or to one above it. */
export function leadsBack(directory: string, linkTarget: string): boolean {
  const from = directory.split("/").filter((name) => name !== "" && name !== ".");
  const isAbsolute = linkTarget.startsWith("/");
  // Where a path begins below a login directory, an absolute link cannot be placed; its depth will end it.
  if (isAbsolute && !directory.startsWith("/")) return linkTarget === "/";
  const to = isAbsolute ? [] : [...from];
  let isOut = false;
  for (const name of linkTarget.split("/")) {
    if (name === "..") isOut = to.pop() === undefined || isOut;
    else if (name !== "" && name !== ".") to.push(name);
  }
  // What lies above a login directory has no names that we know.
  if (isOut && !directory.startsWith("/")) return to.length === 0;
  return to.length <= from.length && to.every((name, index) => name === from[index]);
}

/** Whether two files have the same digest; undefined where the sides have none in common. */
export async function haveSameDigest(
  source: { readonly side: Side; readonly path: string },
  target: { readonly side: Side; readonly path: string },
  sizeBytes: number,
  signal: AbortSignal,
): Promise<{ readonly isSame: boolean; readonly algorithm: string } | undefined> {
  const offered = await both(source.side.digests(signal), target.side.digests(signal));
  const algorithm = commonDigest(...offered);
  if (algorithm === undefined) return undefined;
  const [one, two] = await both(
    source.side.digest(source.path, algorithm, { sizeBytes }, signal),
    target.side.digest(target.path, algorithm, { sizeBytes }, signal),
  );
  return { isSame: one === two, algorithm };
}

/** How many names of another listing this one has not. */
export function countMissing(listing: ListedDirectory, other: ListedDirectory): number {
  let missing = 0;
  for (const { source } of march(listing.entries, other.entries)) missing += source === undefined ? 1 : 0;
  return missing;
}

/** Whether a directory that could not be listed is certainly not there. */
export async function isMissing(
  side: Side,
  directory: string,
  error: unknown,
  signal: AbortSignal,
): Promise<boolean> {
  const isRefused = error instanceof ReplyError || saysErrno(error, "ENOENT");
  return isRefused && directory !== "" && (await side.facts(directory, signal)) === undefined;
}
