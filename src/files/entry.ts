import { SelectionError } from "../batch/errors.ts";
import { lookUpPath, listed, type Looking } from "../copy/select.ts";
import type { EntryKind, ListingEntry } from "../ftp/listing/entry.ts";
import { nameOf, parentOf, withoutSlash } from "../ftp/pathname.ts";
import { messageOf } from "../shared/errors.ts";
import { about } from "../shared/printable.ts";

/**
 * A path that ends in a slash means a directory, or a link that may lead to one, and no file that has the name.
 * @param kind of what has it; undefined: nothing does
 * @throws SelectionError
 */
export function requireAsWritten(path: string, kind: EntryKind | undefined, shown: string): void {
  const isOther = kind === "file" || kind === "other";
  if (isOther && path.endsWith("/")) throw new SelectionError(about(shown, "is not a directory"));
}

/**
 * What is under a name, a symbolic link as such where that can be known; undefined where nothing does. Questions for
 * one name follow links, and so the directory that it is in is listed where a link would make a difference.
 * @throws SelectionError where it may be a link, and that cannot be found out
 */
export async function entryAt(looking: Looking, path: string): Promise<ListingEntry | undefined> {
  const name = nameOf(path);
  if (name === "" || name === "." || name === "..") return { name: path, kind: "directory" };
  const facts = await lookUpPath(looking, withoutSlash(path));
  if (facts !== undefined && facts.kind !== "directory" && facts.kind !== "unknown")
    return { name, ...facts };
  let entries: readonly ListingEntry[];
  try {
    ({ entries } = await listed(looking, parentOf(path)));
  } catch (error) {
    if (facts === undefined) return undefined;
    throw new SelectionError(
      `${path}: cannot tell whether it is a symbolic link, because its directory cannot be listed: ${messageOf(error)}`,
    );
  }
  const found = entries.find((entry) => entry.name === name);
  return found ?? (facts === undefined ? undefined : { name, ...facts });
}

/** @throws SelectionError where nothing has this name */
export async function requiredEntry(looking: Looking, path: string, shown: string): Promise<ListingEntry> {
  const entry = await entryAt(looking, path);
  if (entry === undefined) throw new SelectionError(about(shown, "no such file or directory"));
  return entry;
}
