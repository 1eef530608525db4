import { askedOf } from "../../batch/connected.ts";
import { OwnPool } from "../../batch/pool.ts";
import { LimitError, MAX_DEPTH, TreeMeter } from "../../copy/limits.ts";
import { ListingError } from "../../ftp/listing/errors.ts";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath, nameOf, parentOf, refusalOfName } from "../../ftp/pathname.ts";
import type { SymbolicLinks } from "../../ftp/session/names/unlink.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import type { Retrier } from "../../transfer/retrier.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { trashFolder } from "./deletions.ts";
import { identified, isMissing, listWhole } from "../scan/listings/look.ts";
import type { Root } from "../contract.ts";
import type { ListedDirectory } from "../decide/tree.ts";

/** What a run put aside of one directory. */
export interface TrashedDirectory {
  /** Below the root of the target, and below the run's folder; empty: the root. */
  readonly path: string;
  /** What is to go back: files, links, and whatever else is no directory. */
  readonly names: readonly string[];
  /** Whether that is all that is in it, but for other directories. */
  readonly isWhole: boolean;
}

/** Called with what cannot be examined. */
type Fault = (path: string, because: string) => void;

/** The folders of runs in a trash, the oldest first; with paths, those that have one of them. */
export async function trashFolders(
  {
    target,
    trash,
    paths,
  }: { readonly target: Root; readonly trash: string; readonly paths: readonly string[] },
  retrier: Retrier,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const pool = new OwnPool();
  const ask = async (side: Side) => {
    const having: string[] = [];
    for (const folder of await foldersIn(side, trash, signal)) {
      const has = async (path: string) =>
        (await side.facts(joinPath(joinPath(trash, folder), path), signal)) !== undefined;
      if (paths.length === 0 || (await isSome(paths, has))) having.push(folder);
    }
    return having;
  };
  try {
    return await askedOf(pool, target.place, retrier, ask, signal);
  } finally {
    await pool.close();
  }
}

async function isSome<T>(items: readonly T[], has: (item: T) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (await has(item)) return true;
  return false;
}

/** The folders of runs in a trash, the oldest first. */
export async function foldersIn(side: Side, trash: string, signal: AbortSignal): Promise<readonly string[]> {
  const listed = await listedAt(side, trash, signal);
  const directories = (listed?.entries ?? []).filter(({ kind }) => kind === "directory");
  return directories.map(({ name }) => name).filter((name) => FOLDER.test(name));
}

const FOLDER = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/;

/** A folder that is none of these, for what is put aside now. */
export function freshFolder(trash: string, folders: readonly string[], nowMs: number): string {
  const folder = trashFolder(trash, nowMs);
  return folders.includes(nameOf(folder)) ? freshFolder(trash, folders, nowMs + 1_000) : folder;
}

/**
 * What is in a run's folder, directory by directory; what cannot be examined is reported as a fault.
 * @param paths files, and directories with all in them; none: everything
 */
export async function trashedIn(
  side: Side,
  folder: string,
  paths: readonly string[],
  fault: Fault,
  retrier: Retrier,
  signal: AbortSignal,
): Promise<readonly TrashedDirectory[]> {
  const found: TrashedDirectory[] = [];
  for (const path of paths.length === 0 ? [""] : paths) {
    const facts =
      path === "" ? DIRECTORY : await retrier.run(() => side.facts(joinPath(folder, path), signal), signal);
    const isLink = async () =>
      (await linksIn(side, parentOf(joinPath(folder, path)), signal)).has(nameOf(path));
    if (facts === undefined) fault(path, `not found in ${folder}`);
    else if (facts.kind === "directory" && (path === "" || !(await retrier.run(isLink, signal)))) {
      for (const one of await walk(side, folder, path, fault, retrier, signal)) found.push(one);
    } else found.push({ path: parentOf(path), names: [nameOf(path)], isWhole: false });
  }
  return found;
}

/** @throws ListingError where directories may be symbolic links, and that cannot be known */
async function linksIn(side: Side, directory: string, signal: AbortSignal): Promise<SymbolicLinks> {
  const links = await side.linksIn(directory, signal);
  if (links === undefined)
    throw new ListingError(
      `${side.name}: ${directory}: cannot tell which directories in it are symbolic links`,
    );
  return links;
}

const DIRECTORY = { kind: "directory" } as const;

const NO_LINKS: SymbolicLinks = new Map();

/** A directory and those below it. */
async function walk(
  side: Side,
  folder: string,
  from: string,
  fault: Fault,
  retrier: Retrier,
  signal: AbortSignal,
): Promise<readonly TrashedDirectory[]> {
  const found: TrashedDirectory[] = [];
  const waiting = [from];
  const meter = new TreeMeter();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const at = path;
    meter.enter();
    try {
      if (depthOf(at) > MAX_DEPTH) throw new ListingError(meter.tooDeep());
      const { entries } = await retrier.run(() => known(side, joinPath(folder, at), signal), signal);
      meter.list(entries.length);
      const hasDirectories = entries.some(({ kind }) => kind === "directory");
      const askLinks = () => linksIn(side, joinPath(folder, at), signal);
      const links = hasDirectories ? await retrier.run(askLinks, signal) : NO_LINKS;
      // A link goes back as it is: what it leads to was never put aside.
      const isEntered = ({ kind, name }: ListingEntry) => kind === "directory" && !links.has(name);
      const names = entries.filter((entry) => !isEntered(entry)).map(({ name }) => name);
      const refused = entries.find(({ name }) => refusalOfName(name) !== undefined);
      if (refused !== undefined) throw new Error(`a name in it ${refusalOfName(refused.name)}`);
      found.push({ path, names, isWhole: true });
      for (const entry of entries) if (isEntered(entry)) waiting.push(joinPath(path, entry.name));
    } catch (error) {
      if (isCancellation(error) || error instanceof LimitError) throw error;
      fault(path, messageOf(error));
      found.push({ path, names: [], isWhole: false });
      await side.ready(signal);
    }
  }
  return found;
}

/** All that is in a directory, by name; undefined where there is no such directory. */
export async function standingAt(
  side: Side,
  directory: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ListingEntry> | undefined> {
  const listed = await listedAt(side, directory, signal);
  return listed && new Map(listed.entries.map((entry) => [entry.name, entry]));
}

async function known(side: Side, directory: string, signal: AbortSignal): Promise<ListedDirectory> {
  return identified(side, directory, await listWhole(side, directory, signal), false, signal);
}

async function listedAt(
  side: Side,
  directory: string,
  signal: AbortSignal,
): Promise<ListedDirectory | undefined> {
  try {
    return await known(side, directory, signal);
  } catch (error) {
    if (await isMissing(side, directory, error, signal)) return undefined;
    throw error;
  }
}

/**
 * Directories in which nothing is left, the deepest first.
 * @param back paths of what has gone back
 */
export function emptied(
  directories: readonly TrashedDirectory[],
  back: ReadonlySet<string>,
): readonly string[] {
  const filled = new Set<string>();
  for (const { path, names, isWhole } of directories) {
    if (isWhole && names.every((name) => back.has(joinPath(path, name)))) continue;
    for (let at = path; !filled.has(at); at = parentOf(at)) filled.add(at);
  }
  const empty = directories.map(({ path }) => path).filter((path) => !filled.has(path));
  return empty.sort((one, two) => depthOf(two) - depthOf(one));
}

function depthOf(path: string): number {
  return path === "" ? 0 : path.split("/").length;
}
