import { ReplyError } from "../ftp/errors.ts";
import type { ListingEntry } from "../ftp/listing/entry.ts";
import { ListingError } from "../ftp/listing/errors.ts";
import { joinPath } from "../ftp/pathname.ts";
import { messageOf } from "../shared/errors.ts";
import { saysErrno } from "../transfer/sides/local/errors.ts";
import { MAX_DEPTH, type TreeMeter } from "../copy/limits.ts";
import { listed, type Looking } from "../copy/select.ts";

/** What comes up while a tree is walked through. */
export type WalkStep =
  | {
      readonly kind: "entry";
      readonly path: string;
      /** Below the directory that the walk began in. */
      readonly relative: string;
      readonly entry: ListingEntry;
    }
  /** All in this directory has come. */
  | { readonly kind: "left"; readonly path: string; readonly relative: string; readonly depth: number }
  /** Not all in this directory is known. */
  | { readonly kind: "fault"; readonly path: string; readonly because: string; readonly error?: unknown };

/**
 * All below a directory, each directory before what is in it, in the order of names; symbolic links are not followed.
 * @throws LimitError for a tree that is too large, or has no end
 */
export async function* walk(
  looking: Looking,
  meter: TreeMeter,
  directory: string,
  relative = "",
  depth = 0,
): AsyncGenerator<WalkStep> {
  looking.signal.throwIfAborted();
  if (depth > MAX_DEPTH) {
    yield { kind: "fault", path: directory, because: meter.tooDeep() };
    return;
  }
  meter.enter();
  const entries = new Map<string, ListingEntry>();
  try {
    const all = await listed(looking, directory);
    meter.list(all.entries.length);
    for (const entry of all.entries) {
      if (entries.has(entry.name))
        yield { kind: "fault", path: directory, because: `${JSON.stringify(entry.name)} is listed twice` };
      entries.set(entry.name, entry);
    }
    if (all.unread !== undefined) yield { kind: "fault", path: directory, because: all.unread.message };
  } catch (error) {
    const isOfDirectory = error instanceof ReplyError || error instanceof ListingError || saysErrno(error);
    if (!isOfDirectory) throw error;
    yield { kind: "fault", path: directory, because: messageOf(error), error };
  }
  const sorted = [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const deeper = sorted.filter(({ kind }) => kind === "directory");
  looking.ahead?.expect(deeper.map(({ name }) => joinPath(directory, name)));
  for (const entry of sorted) {
    const path = joinPath(directory, entry.name);
    const below = joinPath(relative, entry.name);
    yield { kind: "entry", path, relative: below, entry };
    if (entry.kind === "directory") yield* walk(looking, meter, path, below, depth + 1);
  }
  yield { kind: "left", path: directory, relative, depth };
}
