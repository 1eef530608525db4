import type { BatchDeps } from "../batch/contract.ts";
import { forEachAt } from "../batch/connected.ts";
import type { Place, Pool } from "../batch/pool.ts";
import type { Tally } from "../batch/tally.ts";
import { joinPath, parentOf } from "../ftp/pathname.ts";
import { LinkedDirectories } from "../transfer/source-after/linked-directories.ts";
import { belowRoot } from "../transfer/source-after/source-after.ts";
import type { Side } from "../transfer/sides/side.ts";

/** Directories of one place in which files were, or nothing was. */
export interface Emptied {
  readonly place: Place;
  /** The directories that the sources there begin with; none of them is ever deleted. */
  readonly roots: readonly string[];
  readonly directories: readonly string[];
}

/** What directories at the source are deleted with. */
export interface EmptiedDeps {
  readonly deps: Pick<BatchDeps, "emit">;
  readonly pool: Pool;
  readonly tally: Tally;
  /** Connections at most, 1 …. */
  readonly parallel: number;
}

/** Directories strictly below a root, with those that they are in, level by level and the deepest first. */
export function levelsOf({ roots, directories }: Emptied): readonly (readonly string[])[] {
  const isRoot = new Set(roots);
  const found = new Set<string>();
  for (const directory of directories) {
    for (let at = directory; !found.has(at) && !isRoot.has(at); at = parentOf(at)) {
      if (!roots.some((root) => belowRoot(root, at) !== undefined && at !== "")) break;
      found.add(at);
    }
  }
  const byDepth = new Map<number, string[]>();
  for (const path of [...found].toSorted()) {
    const depth = path.split("/").length;
    const level = byDepth.get(depth) ?? [];
    level.push(path);
    byDepth.set(depth, level);
  }
  return [...byDepth].toSorted(([one], [other]) => other - one).map(([, paths]) => paths);
}

/**
 * Deletes directories that files have left, where a complete listing shows that nothing is in them. One in which
 * something is, or comes before the server has deleted it, stays, and so does what a link leads to.
 */
export async function deleteEmptied(
  emptied: Emptied,
  { deps: { emit }, pool, tally, parallel }: EmptiedDeps,
  signal: AbortSignal,
): Promise<void> {
  const { place, roots } = emptied;
  const links = new LinkedDirectories(roots);
  const act = async (side: Side, { path }: { readonly path: string }) => {
    const because = await links.because(side, joinPath(path, "x"), signal);
    if (because !== undefined)
      return void emit({ event: "note", because: `${place.at(path)}: left: ${because}` });
    if (!(await isEmpty(side, path, signal))) return;
    try {
      if ((await side.removeDirectory(path, signal)) !== undefined) return;
    } catch (error) {
      if (!(await isEmpty(side, path, signal))) return;
      throw error;
    }
    emit({
      event: "action",
      action: "delete",
      path: place.at(path),
      because: "its files have left, and it is empty",
    });
  };
  const failed = ({ path }: { readonly path: string }, because: string) => {
    tally.failed += 1;
    emit({ event: "fault", path: place.at(path), because });
  };
  for (const level of levelsOf(emptied)) {
    const items = level.map((path) => ({ path }));
    await forEachAt({ items, place, pool, parallel, act, failed }, signal);
  }
}

/** @throws where the listing is not complete */
async function isEmpty(side: Side, path: string, signal: AbortSignal): Promise<boolean> {
  for await (const _ of side.list(path, signal)) return false;
  return true;
}
