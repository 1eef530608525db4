import { SelectionError } from "../batch/errors.ts";
import type { Pattern } from "../copy/glob.ts";
import type { TreeMeter } from "../copy/limits.ts";
import { type Looking, select } from "../copy/select.ts";
import { ReplyError } from "../ftp/errors.ts";
import { SafeguardError } from "../mirror/decide/safeguards.ts";
import { entryAt, withoutSlash } from "./entry.ts";
import { refusalOfDirectory } from "./protected.ts";
import { walk } from "./walk.ts";

/**
 * One thing to be deleted; a directory comes after all in it. `unlink` comes before: some servers list a symbolic link to a
 * directory as a directory (MLSD has no word for links, RFC 3659 §7.5.1), and what is in that one must not be deleted.
 */
export interface Removal {
  readonly kind: "file" | "directory" | "unlink";
  readonly path: string;
  readonly because: string;
}

export interface RemovalOptions {
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
        `more than ${this.#most} files would be deleted; nothing was deleted. If that is what you want, raise --max-delete`,
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
  if (pattern.kind === "glob") return matching(pattern, shown, isForced, looking, ceiling);
  const path = withoutSlash(pattern.path);
  const because = "asked for by name";
  const entry = await entryAt(looking, path);
  if (entry === undefined) {
    if (isForced) return [];
    throw new SelectionError(`${shown}: no such file or directory`);
  }
  if (entry.kind !== "directory") {
    ceiling.count();
    return [{ kind: "file", path, because }];
  }
  if (!isRecursive)
    throw new SelectionError(`${shown}: is a directory; use -r to delete it with all its contents`);
  const refusal = refusalOfDirectory(looking.side, path);
  if (refusal !== undefined) throw new SafeguardError(`${shown}: ${refusal}; nothing was deleted`);
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
  /** A link that was deleted: what is below it is somewhere else. */
  #unlinked: string | undefined;

  constructor(looking: Looking) {
    this.#looking = looking;
  }

  /** @returns whether something was deleted */
  async carryOut({ kind, path }: Removal): Promise<boolean> {
    const { side, retrier, signal } = this.#looking;
    const unlinked = this.#unlinked;
    if (unlinked !== undefined && (path === unlinked || path.startsWith(`${unlinked}/`))) return false;
    try {
      await retrier.run(
        () => (kind === "directory" ? side.removeDirectory(path, signal) : side.remove(path, signal)),
        signal,
      );
    } catch (error) {
      // DELE is refused for a directory.
      if (kind === "unlink" && error instanceof ReplyError && error.reply.code >= 500) return false;
      throw error;
    }
    if (kind === "unlink") this.#unlinked = path;
    return true;
  }
}
