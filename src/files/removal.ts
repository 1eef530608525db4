import { SelectionError } from "../batch/errors.ts";
import type { Pattern } from "../copy/glob.ts";
import type { TreeMeter } from "../copy/limits.ts";
import { type Looking, select } from "../copy/select.ts";
import { SafeguardError } from "../mirror/decide/safeguards.ts";
import { entryAt, requireAsWritten } from "./entry.ts";
import { joinPath, nameOf, parentOf, withoutSlash } from "../ftp/pathname.ts";
import type { SymbolicLinks } from "../ftp/session/names/unlink.ts";
import { refusalOfDirectory } from "./protected.ts";
import { walk } from "./walk.ts";
import { about } from "../shared/printable.ts";
import { counted } from "../shared/units.ts";

/**
 * One thing to be deleted; a directory comes after all in it. `unlink` comes before: some servers list a symbolic link to a
 * directory as a directory (MLSD has no word for links, RFC 3659 §7.5.1), and what is in that one must not be deleted.
 */
export interface Removal {
  readonly kind: "file" | "directory" | "unlink";
  readonly path: string;
  readonly because: string;
}

interface RemovalOptions {
  /** Whether directories are removed with all in them. */
  readonly isRecursive: boolean;
  /** Whether what is not there is no error. */
  readonly isForced: boolean;
}

/** Counts what is to be deleted, and stops before there is more of it than may be. */
export class RemovalCeiling {
  readonly #most: number;
  #files = 0;

  /** @param most files that may be deleted, 1 … */
  constructor(most: number) {
    this.#most = most;
  }

  /** @throws SafeguardError */
  count(): void {
    this.#files += 1;
    if (this.#files > this.#most)
      throw new SafeguardError(
        `more than ${counted(this.#most, "file")} would be deleted; nothing was deleted. If that is what you want, raise --max-delete`,
      );
  }
}

/**
 * What has to be deleted for a path or a pattern to be gone, in order. All of it is looked up before any of it is deleted.
 * @throws SafeguardError for the root, the login directory and what it is in, and for more files than may be deleted;
 * SelectionError for what is not there, a directory that is not to be removed, and a tree that is not known entirely
 */
export async function planRemoval(
  pattern: Pattern,
  shown: string,
  { isRecursive, isForced }: RemovalOptions,
  looking: Looking & { readonly meter: TreeMeter },
  ceiling: RemovalCeiling,
): Promise<readonly Removal[]> {
  if (pattern.kind === "glob")
    return unlinkedFirst(await matching(pattern, shown, isForced, looking, ceiling), pattern, shown, looking);
  const path = withoutSlash(pattern.path);
  const because = "asked for by name";
  const entry = await entryAt(looking, path);
  if (entry === undefined) {
    if (isForced) return [];
    throw new SelectionError(about(shown, "no such file or directory"));
  }
  requireAsWritten(pattern.path, entry.kind, shown);
  if (entry.kind !== "directory") {
    ceiling.count();
    return [{ kind: "file", path, because }];
  }
  if (!isRecursive)
    throw new SelectionError(about(shown, "is a directory; use -r to delete it with all its contents"));
  const refusal = refusalOfDirectory(looking.side, path);
  if (refusal !== undefined) throw new SafeguardError(about(shown, `${refusal}; nothing was deleted`));
  const removals: Removal[] = [];
  const showsLinks = looking.side.name === "local";
  const enter = (directory: string, within: string) => {
    if (!showsLinks) removals.push({ kind: "unlink", path: directory, because: within });
  };
  enter(path, because);
  for await (const step of walk(looking, looking.meter, path)) {
    if (step.kind === "fault")
      throw new SelectionError(
        `${shown}: nothing was deleted, because not everything in it is known: ${step.path}: ${step.because}`,
        step.error,
      );
    const within = step.path === path ? because : `in ${shown}`;
    if (step.kind === "left") removals.push({ kind: "directory", path: step.path, because: within });
    else if (step.entry.kind === "directory") enter(step.path, within);
    else {
      ceiling.count();
      removals.push({ kind: "file", path: step.path, because: within });
    }
  }
  return removals;
}

/**
 * Without what is behind symbolic links that only LIST shows; directories that the pattern went through come first, for the
 * links that nothing shows.
 */
async function unlinkedFirst(
  removals: readonly Removal[],
  { glob: { base } }: Pattern & { readonly kind: "glob" },
  shown: string,
  { side, retrier, signal }: Looking,
): Promise<readonly Removal[]> {
  if (side.kind === "local") return removals;
  const links = new Map<string, SymbolicLinks>();
  const isLink = async (directory: string) => {
    const above = parentOf(directory);
    const known = links.get(above) ?? (await retrier.run(() => side.linksIn(above, signal), signal));
    if (known === undefined)
      throw new SelectionError(
        `${shown}: nothing was deleted: cannot tell whether ${directory} is a symbolic link`,
      );
    links.set(above, known);
    return known.has(nameOf(directory));
  };
  const entered = new Map<string, Promise<boolean>>();
  const first: Removal[] = [];
  const isBehind = async (directory: string): Promise<boolean> => {
    if (directory.length <= base.length || !isBelow(directory, base)) return false;
    if (await isBehind(parentOf(directory))) return true;
    const isKnown = entered.has(directory);
    const found = entered.get(directory) ?? isLink(directory);
    entered.set(directory, found);
    if (!isKnown && !(await found))
      first.push({ kind: "unlink", path: directory, because: `a symbolic link in ${shown}` });
    return found;
  };
  const kept: Removal[] = [];
  for (const removal of removals) if (!(await isBehind(parentOf(removal.path)))) kept.push(removal);
  return [...first, ...kept];
}

function isBelow(path: string, directory: string): boolean {
  return directory === "" ? !path.startsWith("/") : path.startsWith(joinPath(directory, "x").slice(0, -1));
}

async function matching(
  pattern: Pattern,
  shown: string,
  isForced: boolean,
  looking: Looking,
  ceiling: RemovalCeiling,
): Promise<readonly Removal[]> {
  const removals: Removal[] = [];
  try {
    for await (const found of select(pattern, shown, looking)) {
      if (found.kind === "fault")
        throw new SelectionError(`${shown}: nothing was deleted: ${found.path}: ${found.because}`);
      if (found.kind === "skipped") continue;
      ceiling.count();
      removals.push({ kind: "file", path: found.path, because: `matches ${shown}` });
    }
  } catch (error) {
    const isNone = error instanceof SelectionError && error.message === `${shown}: no file matches`;
    if (!isForced || !isNone) throw error;
  }
  return removals;
}

/** Carries removals out in their order; what somebody else has deleted meanwhile is gone as well. */
export class Remover {
  readonly #looking: Looking;
  /** Links that were deleted: what is below them is somewhere else. */
  readonly #unlinked = new Set<string>();
  /** Directories that may be links: what is in them stays. */
  readonly #unknown = new Map<string, Error>();

  constructor(looking: Looking) {
    this.#looking = looking;
  }

  /** @returns whether something was deleted */
  async carryOut({ kind, path }: Removal): Promise<boolean> {
    const { side, retrier, signal } = this.#looking;
    for (let at = path; at !== "" && at !== "/"; at = parentOf(at)) {
      if (this.#unlinked.has(at)) return false;
      const fault = this.#unknown.get(at);
      if (fault !== undefined) throw fault;
    }
    if (kind === "unlink") return this.#unlink(path);
    await retrier.run(
      () => (kind === "directory" ? side.removeDirectory(path, signal) : side.remove(path, signal)),
      signal,
    );
    return true;
  }

  async #unlink(path: string): Promise<boolean> {
    const { side, retrier, signal } = this.#looking;
    try {
      if (!(await retrier.run(() => side.unlink(path, signal), signal))) return false;
    } catch (error) {
      this.#unknown.set(path, error as Error);
      throw error;
    }
    this.#unlinked.add(path);
    return true;
  }
}
