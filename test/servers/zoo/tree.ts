import { posix } from "node:path";
import { ChangingTree, EMPTY_TREE, MODIFIED_MS, type TreeEntry } from "../../support/tree-server-tree.ts";
import type { ZooKind } from "./kind.ts";
import type { Listed } from "./listing.ts";

/** What a server of the zoo keeps: names as that kind of server keeps them. */
export class ZooTree {
  readonly #kind: ZooKind;
  readonly #tree = new ChangingTree(EMPTY_TREE);
  /** When files will be seen that were stored a moment ago. */
  readonly #visibleAt = new Map<string, number>();

  constructor(kind: ZooKind) {
    this.#kind = kind;
  }

  /** The path as it is kept here; undefined for one with a name that is refused. */
  resolve(path: string): string | undefined {
    let at = "/";
    for (const name of path.split("/").filter((one) => one !== "")) {
      const kept = this.#kept(at, name);
      if (kept === undefined) return undefined;
      at = posix.join(at, kept);
    }
    return at;
  }

  #kept(directory: string, name: string): string | undefined {
    const { store, foldsCase = false } = this.#kind.names ?? {};
    const stored = store === undefined ? name : store(name);
    if (stored === undefined || !foldsCase) return stored;
    const isSame = (one: { readonly name: string }) => one.name.toLowerCase() === stored.toLowerCase();
    return this.#tree.list(directory)?.find(isSame)?.name ?? stored;
  }

  isDirectory(path: string): boolean {
    return this.#tree.isDirectory(path);
  }

  /** A file or a directory that can be seen. */
  find(path: string): Listed | undefined {
    if (this.#tree.isDirectory(path))
      return { name: posix.basename(path), kind: "directory", sizeBytes: 0, modifiedMs: MODIFIED_MS };
    const entry = this.#isVisible(path) ? this.#tree.find(path) : undefined;
    return entry && listed(entry);
  }

  list(directory: string): readonly Listed[] | undefined {
    const entries = this.#tree.list(directory);
    return entries?.filter(({ name }) => this.#isVisible(posix.join(directory, name))).map(listed);
  }

  #isVisible(path: string): boolean {
    return (this.#visibleAt.get(path) ?? 0) <= Date.now();
  }

  read(path: string): Buffer | undefined {
    return this.#isVisible(path) ? this.#tree.read(path) : undefined;
  }

  write(path: string, octets: Buffer): boolean {
    const afterMs = this.#kind.files?.visibleAfterMs;
    if (afterMs !== undefined && this.#tree.find(path) === undefined)
      this.#visibleAt.set(path, Date.now() + afterMs);
    return this.#tree.write(path, octets, Date.now());
  }

  setModified(path: string, atMs: number): boolean {
    return this.#tree.setModified(path, atMs);
  }

  makeDirectory(path: string): boolean {
    return this.#tree.makeDirectory(path, MODIFIED_MS);
  }

  removeFile(path: string): boolean {
    return this.#tree.removeFile(path);
  }

  removeDirectory(path: string): boolean {
    return this.#tree.removeDirectory(path);
  }

  rename(from: string, to: string): boolean {
    return this.#tree.rename(from, to);
  }

  /** Puts a file there, whatever this kind of server would have done to its name. */
  plant(path: string, octets: Buffer, modifiedMs: number): void {
    const parts = path.split("/").filter((one) => one !== "");
    for (let depth = 1; depth < parts.length; depth += 1)
      this.#tree.makeDirectory(`/${parts.slice(0, depth).join("/")}`, MODIFIED_MS);
    this.#tree.write(path, octets, modifiedMs);
  }

  /** All directories below one. */
  directories(directory = "/"): readonly string[] {
    const below = (this.#tree.list(directory) ?? []).filter(({ kind }) => kind === "directory");
    const paths = below.map(({ name }) => posix.join(directory, name));
    return paths.flatMap((path) => [path, ...this.directories(path)]);
  }

  /** All files below a directory by their paths, seen or not. */
  files(directory = "/"): ReadonlyMap<string, Buffer> {
    const found = new Map<string, Buffer>();
    for (const { name, kind } of this.#tree.list(directory) ?? []) {
      const path = posix.join(directory, name);
      if (kind === "directory") for (const [below, octets] of this.files(path)) found.set(below, octets);
      else found.set(path, this.#tree.read(path) ?? Buffer.alloc(0));
    }
    return found;
  }
}

function listed({ name, kind, sizeBytes = 0, modifiedMs = MODIFIED_MS }: TreeEntry): Listed {
  return { name, kind, sizeBytes, modifiedMs };
}
