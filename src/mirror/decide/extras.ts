import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { parentOf } from "../../ftp/pathname.ts";
import type { Facts } from "./told.ts";

/** Something that the target has and the source has not. */
export interface Extra {
  readonly path: string;
  readonly facts: Facts;
}

/** What the target has alone, as it is found; held until all else is done. */
export class Extras {
  #files: Extra[] = [];
  readonly #directories: string[] = [];
  readonly #kept = new Set<string>();

  /** Files, links and whatever else is no directory. */
  get files(): readonly Extra[] {
    return this.#files;
  }

  add(path: string, { kind, sizeBytes, modified, linkTarget }: ListingEntry): void {
    if (kind === "directory") this.#directories.push(path);
    else {
      const size = sizeBytes === undefined ? {} : { sizeBytes };
      const time = modified === undefined ? {} : { modified };
      const leads = linkTarget === undefined ? {} : { linkTarget };
      this.#files.push({ path, facts: { kind, ...size, ...time, ...leads } });
    }
  }

  /** Something below these directories stays, and so they do. */
  keep(path: string): void {
    for (let at = parentOf(path); at !== "" && !this.#kept.has(at); at = parentOf(at)) this.#kept.add(at);
  }

  isKept(directory: string): boolean {
    return this.#kept.has(directory);
  }

  /** One that is not deleted after all. */
  forget(paths: ReadonlySet<string>): void {
    if (paths.size > 0) this.#files = this.#files.filter(({ path }) => !paths.has(path));
  }

  /** All that was to go has gone, or will stay. */
  clear(): void {
    this.#files = [];
    this.#directories.splice(0);
  }

  /** Directories of which nothing stays, the deepest first. */
  directories(): readonly string[] {
    const empty = this.#directories.filter((path) => !this.#kept.has(path));
    return empty.sort((one, two) => depthOf(two) - depthOf(one));
  }
}

function depthOf(path: string): number {
  return path.split("/").length;
}
