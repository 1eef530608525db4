import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { parentOf } from "../../ftp/pathname.ts";
import { isBelow, type Missing } from "./absence.ts";
import type { LinkedFacts } from "./facts-json.ts";

/** Something that the target has and the source has not. */
export interface Extra {
  readonly path: string;
  readonly facts: LinkedFacts;
}

/** What the target has alone, as it is found; held until all else is done. */
export class Extras {
  #files: Extra[] = [];
  #directories: string[] = [];
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

  /** Whether it is a directory that the target has alone. */
  hasDirectory(path: string): boolean {
    return this.#directories.includes(path);
  }

  isKept(directory: string): boolean {
    return this.#kept.has(directory);
  }

  /** All of it, also directories in which something stays. */
  missing(): readonly Missing[] {
    const files = this.#files.map(({ path, facts }) => ({ path, kind: facts.kind }));
    return [...files, ...this.#directories.map((path) => ({ path, kind: "directory" as const }))];
  }

  /** These stay with all that is below them, and so do the directories above. */
  hold(paths: { has(path: string): boolean; keys(): Iterable<string> }): void {
    const isHeld = (path: string) => paths.has(path) || isBelow(path, paths);
    for (const path of paths.keys()) {
      this.keep(path);
      this.#kept.add(path);
    }
    this.#files = this.#files.filter(({ path }) => !isHeld(path));
    this.#directories = this.#directories.filter((path) => !isHeld(path));
  }

  /** One that is not deleted after all. */
  forget(paths: ReadonlySet<string>): void {
    if (paths.size > 0) this.#files = this.#files.filter(({ path }) => !paths.has(path));
  }

  /** All that was to go has gone, or will stay. */
  clear(): void {
    this.#files = [];
    this.#directories = [];
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
