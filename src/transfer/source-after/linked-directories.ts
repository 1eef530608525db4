import { nameOf, parentOf } from "../../ftp/pathname.ts";
import type { SymbolicLinks } from "../../ftp/session/names/unlink.ts";
import type { Side } from "../sides/side.ts";
import { belowRoot } from "./source-after.ts";

/**
 * Which directories below the roots of a run are symbolic links: some servers list a link to a directory as a
 * directory, and what it leads to is not the run's to delete.
 */
export class LinkedDirectories {
  /** The longest first. */
  readonly #roots: readonly string[];
  /** Names of links, by directory; undefined: not known. */
  readonly #known = new Map<string, Promise<SymbolicLinks | undefined>>();

  constructor(roots: readonly string[]) {
    this.#roots = roots.toSorted((one, two) => two.length - one.length);
  }

  /** The directory that the pattern begins with that a path was found by; its own, where none is known. */
  rootOf(path: string): string {
    return this.#roots.find((root) => belowRoot(root, path) !== undefined) ?? parentOf(path);
  }

  /** Why a file may not be touched where it is; undefined where it may. */
  async because(side: Side, path: string, signal: AbortSignal): Promise<string | undefined> {
    const root = this.#roots.findLast((one) => belowRoot(one, path) !== undefined) ?? parentOf(path);
    for (let at = parentOf(path); at !== root && belowRoot(root, at) !== undefined; at = parentOf(at)) {
      const links = await this.#linksIn(side, parentOf(at), signal);
      if (links === undefined) return `it is not known whether ${at} is a symbolic link`;
      if (links.has(nameOf(at))) return `${at} is a symbolic link, and what it leads to is left alone`;
      if (at === "" || at === "/") break;
    }
    return undefined;
  }

  async #linksIn(side: Side, directory: string, signal: AbortSignal): Promise<SymbolicLinks | undefined> {
    const key = side.locate(directory);
    const asked = this.#known.get(key) ?? side.linksIn(directory, signal);
    this.#known.set(key, asked);
    try {
      return await asked;
    } catch (error) {
      // A lost connection says nothing of a directory.
      this.#known.delete(key);
      throw error;
    }
  }
}
