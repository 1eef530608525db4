import { ListingError } from "../../ftp/listing/errors.ts";
import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { SymbolicLinks } from "../../ftp/session/names/unlink.ts";
import type { Side } from "../../transfer/sides/side.ts";

/** Puts a symbolic link aside instead of deleting it, under the path that it had. */
type PutAside = (side: Side, path: string, signal: AbortSignal) => Promise<void>;

/**
 * Directories at the target in which something is to be deleted or moved away. Some servers list symbolic links to
 * directories as directories: such a link is removed itself, and what it leads to is nobody's to delete.
 */
export class EnteredDirectories {
  readonly #root: string;
  readonly #putAside: PutAside | undefined;
  readonly #removed: (path: string) => void;
  readonly #known = new Map<string, Promise<boolean>>();
  readonly #links = new Map<string, Promise<SymbolicLinks | undefined>>();
  /** Below the root: what was a symbolic link, and is gone. */
  readonly unlinked = new Set<string>();

  /**
   * @param root of the tree, which may be a link itself
   * @param removed called with a link that was removed
   */
  constructor(root: string, putAside: PutAside | undefined, removed: (path: string) => void) {
    this.#root = root;
    this.#putAside = putAside;
    this.#removed = removed;
  }

  /**
   * Whether a directory below the root, or one above it, was a symbolic link, and is gone.
   * @throws where that cannot be known, so that nothing in it may be deleted
   */
  async wasLink(side: Side, directory: string, signal: AbortSignal): Promise<boolean> {
    if (directory === "") return false;
    if (await this.wasLink(side, parentOf(directory), signal)) return true;
    const known = this.#known.get(directory) ?? this.#unlink(side, directory, signal);
    this.#known.set(directory, known);
    try {
      return await known;
    } catch (error) {
      // What a server says stays so; a lost connection says nothing of a directory.
      if (!(error instanceof ListingError)) this.#known.delete(directory);
      throw error;
    }
  }

  async #unlink(side: Side, path: string, signal: AbortSignal): Promise<boolean> {
    const isShown = this.#putAside !== undefined && (await this.#isShown(side, path, signal));
    if (isShown) await this.#putAside(side, path, signal);
    else if (!(await side.unlink(joinPath(this.#root, path), signal))) return false;
    this.unlinked.add(path);
    this.#removed(path);
    return true;
  }

  /** Only a link that another listing shows can be put aside: it would be moved as a directory would. */
  async #isShown(side: Side, path: string, signal: AbortSignal): Promise<boolean> {
    const above = parentOf(path);
    const links = this.#links.get(above) ?? side.linksIn(joinPath(this.#root, above), signal);
    this.#links.set(above, links);
    try {
      return (await links)?.has(nameOf(path)) === true;
    } catch (error) {
      this.#links.delete(above);
      throw error;
    }
  }
}
