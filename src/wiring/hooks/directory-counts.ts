import type { DirectoryProgress, FileEnd } from "../../batch/follow-up.ts";

/** What became of the files of one directory in one run. */
export type DirectoryFiles = Readonly<Record<FileEnd, number>>;

interface Open {
  /** Files that are planned and have not come to their ends. */
  pending: number;
  isListed: boolean;
  isHeld: boolean;
  readonly files: Record<FileEnd, number>;
}

/**
 * Finds out when the last file of each directory is finished. Only directories that are not finished take memory.
 * A directory whose files were all left as they were is not reported.
 */
export class DirectoryCounts implements DirectoryProgress {
  readonly #finished: (directory: string, files: DirectoryFiles) => void;
  readonly #open = new Map<string, Open>();

  /** @param finished is called once for each directory */
  constructor(finished: (directory: string, files: DirectoryFiles) => void) {
    this.#finished = finished;
  }

  planned(directory: string): void {
    this.#of(directory).pending += 1;
  }

  held(directory: string): void {
    this.#of(directory).isHeld = true;
  }

  listed(directory: string): void {
    const open = this.#open.get(directory);
    if (open === undefined) return;
    open.isListed = true;
    this.#settle(directory, open);
  }

  ended(directory: string, how: FileEnd): void {
    const open = this.#of(directory);
    open.files[how] += 1;
    // Those that had their turn later were not planned one by one.
    open.pending = Math.max(0, open.pending - 1);
    this.#settle(directory, open);
  }

  /** No more files come: directories whose files are all finished are reported, the others are not. */
  finish(): void {
    for (const [directory, open] of this.#open) {
      [open.isListed, open.isHeld] = [true, false];
      this.#settle(directory, open);
    }
    this.#open.clear();
  }

  #settle(directory: string, { pending, isListed, isHeld, files }: Open): void {
    if (pending > 0 || !isListed || isHeld) return;
    this.#open.delete(directory);
    if (files.copied + files.failed > 0) this.#finished(directory, files);
  }

  #of(directory: string): Open {
    const known = this.#open.get(directory);
    if (known !== undefined) return known;
    const files = { copied: 0, left: 0, failed: 0 };
    const open = { pending: 0, isListed: false, isHeld: false, files };
    this.#open.set(directory, open);
    return open;
  }
}
