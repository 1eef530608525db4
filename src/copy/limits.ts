import { AppError } from "../shared/errors.ts";

/** Directories below each other; more than any tree has that is not a loop. */
export const MAX_DEPTH = 200;
/** Directories deeper than {@link MAX_DEPTH} after which a tree is a loop, and not one odd corner. */
const MOST_TOO_DEEP = 100;

/** How much of a tree is looked at in one run. */
export interface TreeLimits {
  /** Directories that are listed, 1 …. */
  readonly maxDirectories: number;
  /** Entries of all listings, 1 …. */
  readonly maxEntries: number;
}

/** Where nothing else is asked for. */
export const TREE_LIMITS: TreeLimits = { maxDirectories: 1_000_000, maxEntries: 20_000_000 };

/** A tree is larger than it may be, or has no end; what was not looked at is not known. */
export class LimitError extends AppError {
  readonly code = "limit";
  readonly retry = "never";
}

/** Counts what is seen of a tree, and says when it is too much. */
export class TreeMeter {
  readonly #limits: TreeLimits;
  #directories = 0;
  #entries = 0;
  #tooDeep = 0;

  constructor(limits: TreeLimits = TREE_LIMITS) {
    this.#limits = limits;
  }

  /** A directory is about to be listed. @throws LimitError */
  enter(): void {
    const { maxDirectories } = this.#limits;
    this.#directories += 1;
    if (this.#directories > maxDirectories)
      throw new LimitError(
        `the tree has more than ${maxDirectories} directories; if that is expected, raise maxDirectories (--max-directories)`,
      );
  }

  /** A directory was listed. @throws LimitError */
  list(entries: number): void {
    const { maxEntries } = this.#limits;
    this.#entries += entries;
    if (this.#entries > maxEntries)
      throw new LimitError(
        `the tree has more than ${maxEntries} entries; if that is expected, raise maxEntries (--max-entries)`,
      );
  }

  /**
   * A directory lies deeper than {@link MAX_DEPTH}.
   * @returns what is wrong with it
   * @throws LimitError where so many do that the tree has no end
   */
  tooDeep(): string {
    this.#tooDeep += 1;
    if (this.#tooDeep > MOST_TOO_DEEP)
      throw new LimitError(
        `more than ${MOST_TOO_DEEP} directories are nested more than ${MAX_DEPTH} levels deep: the tree seems to contain itself`,
      );
    return `nested more than ${MAX_DEPTH} levels deep`;
  }
}
