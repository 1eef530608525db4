/** Removals that are remembered for an account; who entered a directory before the oldest of them enters it again. */
const REMEMBERED = 64;

/**
 * Directories of an account that were removed or renamed by this process, on whatever connection. Another connection
 * that is in one is in a directory that has no path any more, and has to enter what has the path now.
 */
export class RemovedDirectories {
  #count = 0;
  #last: readonly { readonly path: string; readonly at: number }[] = [];

  /** How many there were until now. */
  get count(): number {
    return this.#count;
  }

  /** @param path absolute */
  add(path: string): void {
    this.#count += 1;
    this.#last = [...this.#last, { path, at: this.#count }].slice(-REMEMBERED);
  }

  /** Whether a directory is the one that had this path when so many had been removed. */
  isSame(path: string, since: number): boolean {
    if (this.#count - since > REMEMBERED) return false;
    return !this.#last.some(
      (one) => one.at > since && (path === one.path || path.startsWith(`${one.path}/`)),
    );
  }
}

const byAccount = new Map<string, RemovedDirectories>();

/** @param account as `accountKey` has it */
export function removedDirectoriesOf(account: string): RemovedDirectories {
  const known = byAccount.get(account) ?? new RemovedDirectories();
  byAccount.set(account, known);
  return known;
}
