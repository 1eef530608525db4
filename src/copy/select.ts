import { setImmediate as turn } from "node:timers/promises";
import { ReplyError } from "../ftp/errors.ts";
import { ListingError, UnreadableLinesError } from "../ftp/listing/errors.ts";
import type { ListingEntry } from "../ftp/listing/entry.ts";
import { joinPath, nameOf } from "../ftp/pathname.ts";
import { messageOf } from "../shared/errors.ts";
import type { Retrier } from "../transfer/retrier.ts";
import { ownNameOf } from "../transfer/publish/temporary-name.ts";
import { saysErrno } from "../transfer/sides/local/errors.ts";
import type { FileFacts, Side } from "../transfer/sides/side.ts";
import { SelectionError } from "../batch/errors.ts";
import { EffortError } from "./pattern/effort.ts";
import { type Glob, globBelow, listBelow, type Pattern, wholeDirectory } from "./glob.ts";
import { LimitError, MAX_DEPTH, TreeMeter } from "./limits.ts";
import type { EmptyDirectory, PatternMatch } from "./found.ts";
import type { ListAhead } from "./list-ahead.ts";
import { about } from "../shared/printable.ts";

/**
 * The files that a pattern names, matched by us on listings. Links to files are followed, links to
 * directories are not. What fails for a reason that may pass is asked for again. A tree that is too large ends in a
 * fault, after all that was found until then. A directory without a pattern means all files below it, where
 * directories are entered: under its name, or, if a slash follows it, without (as rsync has it).
 * @throws SelectionError when nothing matches, or a path is missing, or a directory that is not entered
 */
export async function* select(
  pattern: Pattern,
  shown: string,
  looking: Looking,
): AsyncGenerator<PatternMatch> {
  if (pattern.kind === "glob") {
    let matches = 0;
    for await (const found of below(looking, pattern.glob)) {
      if (found.kind !== "skipped") matches += 1;
      yield found;
    }
    if (matches === 0 && looking.mayBeEmpty !== true) throw new SelectionError(`${shown}: no file matches`);
    return;
  }
  const { path } = pattern;
  const facts = await lookUpPath(looking, path);
  if (facts === undefined) throw new SelectionError(about(shown, "no such file"));
  if (facts.kind !== "directory" || looking.entersDirectories !== true) {
    if (looking.names !== undefined)
      throw new SelectionError(`${shown}: is not a directory; a list of names is for the files of one`);
    if (facts.kind === "directory") throw new SelectionError(about(shown, notEntered(shown)));
    // What is known to be no file would be waited for without end (a FIFO), or be read without end (a device).
    if (facts.kind === "other") yield { kind: "fault", path, because: NO_FILE };
    else yield { kind: "file", path, relative: nameOf(path), facts };
    return;
  }
  const within = wholeDirectory(path);
  if (looking.names !== undefined) {
    yield* listOf(looking, listBelow(within.directory, looking.names), looking.names);
    return;
  }
  const onEmpty = (path: string, relative: string): EmptyDirectory => ({
    ...{ kind: "empty-directory", path, relative, within },
  });
  for await (const found of below({ ...looking, onEmpty }, globBelow(within.directory, "**")))
    yield found.kind === "file" ? { ...found, within } : found;
}

/** The files of a list; one that is not found, or is no file, is a fault. */
async function* listOf(
  looking: Looking,
  glob: Glob,
  names: ReadonlyMap<string, string>,
): AsyncGenerator<PatternMatch> {
  const missing = new Map([...names].map(([name, target]) => [joinPath(glob.base, name), target]));
  for await (const found of below(looking, glob)) {
    const path = "relative" in found ? joinPath(glob.base, found.relative) : found.path;
    const isMissing = missing.delete(path);
    if (found.kind === "file") yield { ...found, targetName: names.get(found.relative) ?? found.relative };
    else if (isMissing && found.kind !== "empty-directory")
      yield { kind: "fault", path: found.path, because: `is in the list, but is ${found.because}` };
    else yield found;
  }
  const because = "is in the list, but no file of this name was found";
  for (const [path, unseen] of missing) yield { kind: "fault", path, because, unseen };
}

/** What lies below the fixed part of a pattern, and matches it. */
async function* below(looking: Looking & Emptied, glob: Glob): AsyncGenerator<PatternMatch> {
  try {
    const directories = walk({ ...looking, meter: looking.meter ?? new TreeMeter() }, glob, "", 0);
    for await (const found of directories) for (const one of found) yield one;
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    yield { kind: "fault", path: glob.base, because: error.message };
  }
}

/** Who is asked, how patiently, and for how much. */
export interface Looking {
  readonly side: Side;
  readonly retrier: Retrier;
  /** Absent: one of its own, for each pattern. */
  readonly meter?: TreeMeter;
  readonly signal: AbortSignal;
  /** Whether symbolic links that a pattern comes to are left alone; default: they are looked at. */
  readonly skipsLinks?: boolean | undefined;
  /** Whether a directory that is named means all files below it; default: it is refused. */
  readonly entersDirectories?: boolean | undefined;
  /** The files below a directory that is named, each with its path below the target; default: all. */
  readonly names?: ReadonlyMap<string, string> | undefined;
  /** Whether it is no fault that nothing matches; default: it is. */
  readonly mayBeEmpty?: boolean | undefined;
  /** Whether sources that were about to be deleted go by their own names; default: by those that they have. */
  readonly knowsAway?: boolean | undefined;
  /** Who lists directories before their turn comes; absent: each is listed when it is entered. */
  readonly ahead?: ListAhead | undefined;
}

/**
 * What is known of one path; undefined where nothing is there. The login directory and the root are not asked for: they
 * are directories, of which servers tell nothing.
 */
export async function lookUpPath(
  { side, retrier, signal }: Looking,
  path: string,
): Promise<FileFacts | undefined> {
  if (path === "" || path === "/") return { kind: "directory" };
  return retrier.run(() => side.facts(path, signal), signal);
}

/** All entries of a directory, in the order of its listing; `unread`: why there may be more. */
export function listed(
  { side, retrier, ahead, signal }: Looking,
  directory: string,
): Promise<{ readonly entries: readonly ListingEntry[]; readonly unread?: UnreadableLinesError }> {
  return retrier.run(async () => {
    const entries: ListingEntry[] = [];
    try {
      const listing = (await ahead?.take(side, directory, signal)) ?? side.list(directory, signal);
      for await (const entry of listing) entries.push(entry);
    } catch (error) {
      if (error instanceof UnreadableLinesError) return { entries, unread: error };
      throw error;
    }
    return { entries };
  }, signal);
}

function notEntered(shown: string): string {
  return `is a directory; for the files in it, use a pattern such as ${shown.replace(/([^:/])\/*$/, "$1/")}**`;
}

const NO_FILE = "neither a file nor a directory";

/** What becomes of directories in which nothing is; absent: nothing. */
interface Emptied {
  readonly onEmpty?: (path: string, relative: string) => EmptyDirectory;
}

type Metered = Looking & Emptied & { readonly meter: TreeMeter };

/** What is found, directory by directory. */
async function* walk(
  looking: Metered,
  glob: Glob,
  below: string,
  depth: number,
): AsyncGenerator<readonly PatternMatch[]> {
  const directory = joinPath(glob.base, below);
  if (depth > MAX_DEPTH) {
    yield [{ kind: "fault", path: directory, because: looking.meter.tooDeep() }];
    return;
  }
  const found: PatternMatch[] = [];
  looking.meter.enter();
  let here: Matching = { matches: [], deeper: [], refused: [] };
  let isRead = true;
  try {
    here = await looking.retrier.run(() => matching(looking, glob, below), looking.signal);
  } catch (error) {
    // Below the first directory, one that cannot be read is named, and the others go on.
    if (below === "" || !isOfDirectory(error)) throw error;
    isRead = false;
    found.push({ kind: "fault", path: directory, because: messageOf(error) });
  }
  for (const { name, because } of here.refused)
    found.push({ kind: "fault", path: joinPath(directory, name), because });
  for (const { entry, name } of here.matches) {
    const [path, relative] = [joinPath(directory, entry.name), joinPath(below, name)];
    if (entry.kind === "file") found.push({ kind: "file", path, relative, facts: entry });
    else found.push(await identify(looking, path, relative, entry));
  }
  if (here.unread !== undefined) found.push({ kind: "fault", path: directory, because: here.unread });
  const isEmpty = isRead && found.length + here.deeper.length === 0;
  const empty = isEmpty ? looking.onEmpty?.(directory, below) : undefined;
  if (empty !== undefined) found.push(empty);
  yield found;
  looking.ahead?.expect(here.deeper.map((next) => joinPath(glob.base, next)));
  for (const next of here.deeper) yield* walk(looking, glob, next, depth + 1);
}

/** What of a directory a pattern is about. */
interface Matching {
  /** Each by the name that it goes by. */
  readonly matches: readonly { readonly entry: ListingEntry; readonly name: string }[];
  /** Directories that may hold more, as paths below the pattern's fixed part. */
  readonly deeper: readonly string[];
  /** Why there may be more in it than is known. */
  readonly unread?: string;
  /** What could not be compared with it. */
  readonly refused: readonly { readonly name: string; readonly because: string }[];
}

async function matching(
  { side, meter, ahead, knowsAway, signal }: Metered,
  glob: Glob,
  below: string,
): Promise<Matching> {
  const directory = joinPath(glob.base, below);
  const matches: { readonly entry: ListingEntry; readonly name: string }[] = [];
  const away: ListingEntry[] = [];
  const deeper: string[] = [];
  const refused: { name: string; because: string }[] = [];
  // In a listing one name stands for one thing.
  const names = new Set<string>();
  /** Whether it is wanted, or may hold something that is. */
  const compare = (entry: ListingEntry, name: string) => {
    const relative = joinPath(below, name);
    glob.effort.begin();
    try {
      const isDeeper = entry.kind === "directory" && glob.mayHold(relative);
      if (isDeeper) deeper.push(relative);
      if ((!isDeeper || glob.isList === true) && glob.matches(relative)) matches.push({ entry, name });
    } catch (error) {
      if (!(error instanceof EffortError)) throw error;
      refused.push({ name: entry.name, because: error.message });
    }
  };
  try {
    const listing = (await ahead?.take(side, directory, signal)) ?? side.list(directory, signal);
    for await (const entry of listing) {
      if (names.has(entry.name)) {
        throw new ListingError(`${side.name}: ${directory}: ${JSON.stringify(entry.name)} is listed twice`);
      }
      names.add(entry.name);
      meter.list(1);
      if (knowsAway === true && entry.kind === "file" && ownNameOf(entry.name) !== undefined)
        away.push(entry);
      else compare(entry, entry.name);
      if (glob.effort.isDue) await turn();
    }
  } catch (error) {
    if (error instanceof UnreadableLinesError) return { matches, deeper, refused, unread: error.message };
    throw error;
  }
  // A source that was about to be deleted goes by its own name, unless another file has it by now.
  for (const entry of away) {
    const name = ownNameOf(entry.name) ?? entry.name;
    compare(entry, names.has(name) ? entry.name : name);
  }
  return { matches, deeper, refused };
}

/** What a match is that is not listed as a file; links are followed to see whether they lead to a file. */
async function identify(
  looking: Looking,
  path: string,
  relative: string,
  entry: ListingEntry,
): Promise<PatternMatch> {
  if (entry.kind === "link" && looking.skipsLinks === true)
    return { kind: "skipped", path, because: "a symbolic link" };
  if (entry.leadsOut === true) return { kind: "skipped", path, because: LEADS_OUT };
  const isClear = entry.kind === "directory" || entry.kind === "other";
  const facts = isClear ? entry : await lookUpPath(looking, path);
  if (facts?.kind === "file") return { kind: "file", path, relative, facts };
  if (facts === undefined) return { kind: "skipped", path, because: "a broken symbolic link" };
  if (facts.kind === "other") return { kind: "skipped", path, because: NO_FILE };
  return {
    kind: "skipped",
    path,
    because: entry.kind === "link" ? "a symbolic link to a directory" : "a directory",
  };
}

/** Why a link is not followed; what could be done about it. */
export const LEADS_OUT =
  "a symbolic link that leads out of the source directory (--links follow-all follows it)";

function isOfDirectory(error: unknown): boolean {
  return error instanceof ReplyError || error instanceof ListingError || saysErrno(error);
}
