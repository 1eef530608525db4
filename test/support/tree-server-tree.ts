import { posix } from "node:path";

/** One name in a directory of a tree that nobody has on disk. */
export interface TreeEntry {
  readonly name: string;
  readonly kind: "file" | "directory";
  /** Of a file; default 0. */
  readonly sizeBytes?: number;
  /** Whole seconds since 1970 in milliseconds; default 2020-02-02. */
  readonly modifiedMs?: number;
  /** What a file's bytes are made of, repeated; default its name and time. */
  readonly fill?: string;
}

/** A tree as a function: the entries of a directory by its absolute path, undefined where there is none. */
export type Tree = (directory: string) => readonly TreeEntry[] | undefined;

/** A root without anything in it. */
export const EMPTY_TREE: Tree = (directory) => (directory === "/" ? [] : undefined);

export const MODIFIED_MS = Date.UTC(2020, 1, 2, 2, 2, 2);

type Entry = TreeEntry & { readonly octets?: Buffer };
type Directory = Map<string, Entry>;

/** A tree that can be written to: what was changed is in memory, all else still comes of the function. */
export class ChangingTree {
  readonly #grown: Tree;
  /** Directories that differ from what the function says; undefined for those that are gone. */
  readonly #changed = new Map<string, Directory | undefined>();

  constructor(grown: Tree) {
    this.#grown = grown;
  }

  list(directory: string): readonly TreeEntry[] | undefined {
    if (!this.#changed.has(directory)) return this.#grown(directory);
    const changed = this.#changed.get(directory);
    return changed && [...changed.values()];
  }

  find(path: string): TreeEntry | undefined {
    return this.#find(path);
  }

  isDirectory(path: string): boolean {
    return this.list(path) !== undefined;
  }

  /** The bytes of a file; those that nobody stored follow from its name, size and time. */
  read(path: string): Buffer | undefined {
    const entry = this.#find(path);
    return entry?.kind === "file" ? (entry.octets ?? octetsOf(entry)) : undefined;
  }

  /** False where it cannot be: no such directory, or the name is that of one. */
  write(path: string, octets: Buffer, modifiedMs: number): boolean {
    if (this.isDirectory(path)) return false;
    return this.#put(path, { kind: "file", sizeBytes: octets.length, modifiedMs, octets });
  }

  setModified(path: string, modifiedMs: number): boolean {
    const entry = this.#find(path);
    return entry !== undefined && this.#put(path, { ...entry, ...this.#kept(path, entry), modifiedMs });
  }

  makeDirectory(path: string, modifiedMs: number): boolean {
    if (this.isDirectory(path) || this.#find(path) !== undefined) return false;
    if (!this.#put(path, { kind: "directory", modifiedMs })) return false;
    this.#changed.set(path, new Map());
    return true;
  }

  removeFile(path: string): boolean {
    return this.#find(path)?.kind === "file" && this.#drop(path);
  }

  removeDirectory(path: string): boolean {
    if (path === "/" || this.list(path)?.length !== 0 || !this.#drop(path)) return false;
    this.#changed.set(path, undefined);
    return true;
  }

  /** Whatever stands there, with all in it. */
  removeAll(path: string): boolean {
    for (const { name } of this.list(path) ?? []) this.removeAll(posix.join(path, name));
    return this.removeFile(path) || this.removeDirectory(path);
  }

  /** A file at the new name is replaced; a directory takes along what is below it. */
  rename(from: string, to: string): boolean {
    const entry = this.#find(from);
    if (entry === undefined || !this.isDirectory(posix.dirname(to)) || this.isDirectory(to)) return false;
    const kept = this.#kept(from, entry);
    const below = this.list(from);
    if (below !== undefined) {
      if (!this.makeDirectory(to, entry.modifiedMs ?? MODIFIED_MS)) return false;
      for (const { name } of below) this.rename(posix.join(from, name), posix.join(to, name));
      this.#changed.set(from, undefined);
    }
    return this.#drop(from) && this.#put(to, { ...entry, ...kept });
  }

  /** What follows from a file's name is written down, so that it stays under another one. */
  #kept(path: string, entry: Entry): Partial<Entry> {
    const octets = entry.kind === "file" ? this.read(path) : undefined;
    return octets === undefined ? {} : { octets };
  }

  #find(path: string): Entry | undefined {
    const [directory, name] = [posix.dirname(path), posix.basename(path)];
    if (this.#changed.has(directory)) return this.#changed.get(directory)?.get(name);
    return this.#grown(directory)?.find((one) => one.name === name);
  }

  #put(path: string, entry: Omit<Entry, "name">): boolean {
    const name = posix.basename(path);
    return this.#change(posix.dirname(path), (directory) => directory.set(name, { ...entry, name }));
  }

  #drop(path: string): boolean {
    return this.#change(posix.dirname(path), (directory) => directory.delete(posix.basename(path)));
  }

  #change(path: string, change: (directory: Directory) => void): boolean {
    const entries = this.#changed.has(path) ? undefined : this.#grown(path);
    const directory = this.#changed.get(path) ?? (entries && new Map(entries.map((one) => [one.name, one])));
    if (directory === undefined) return false;
    change(directory);
    this.#changed.set(path, directory);
    return true;
  }
}

/** What is in a file that nobody stored. */
export function octetsOf({ name, sizeBytes = 0, modifiedMs = MODIFIED_MS, fill }: TreeEntry): Buffer {
  return Buffer.alloc(sizeBytes, fill ?? `${name} of ${modifiedMs}; `);
}
