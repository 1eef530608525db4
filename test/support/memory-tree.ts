import { nameOf, parentOf } from "../../src/ftp/pathname.ts";

/** A tree as a value: what a test draws, and what it compares. */
export type Node = FileNode | LinkNode | DirectoryNode;

export interface FileNode {
  readonly kind: "file";
  readonly octets: string;
  /** Whole seconds since 1970 in milliseconds. */
  readonly modifiedMs: number;
  /** Unix permission bits; default 0o644. */
  readonly permissions?: number;
}

export interface LinkNode {
  readonly kind: "link";
  readonly to: string;
}

export interface DirectoryNode {
  readonly kind: "directory";
  readonly entries: ReadonlyMap<string, Node>;
}

/** Links that lead to links; more are taken for a loop, as by Linux. */
const MAX_LINKS = 40;

export const EMPTY: DirectoryNode = { kind: "directory", entries: new Map() };

/** A directory of these entries. */
export function directory(entries: Readonly<Record<string, Node>>): DirectoryNode {
  return { kind: "directory", entries: new Map(Object.entries(entries)) };
}

/** A file of these bytes; without a time it is one of long ago. */
export function file(octets: string, modifiedMs = Date.UTC(2020, 1, 2, 2, 2, 2)): FileNode {
  return { kind: "file", octets, modifiedMs };
}

export function link(to: string): LinkNode {
  return { kind: "link", to };
}

/** Something is not as an operation needs it; the word is that of errno(3). */
export class TreeError extends Error {
  readonly code: "ENOENT" | "ENOTDIR" | "EISDIR" | "EEXIST" | "ENOTEMPTY" | "ELOOP";

  constructor(code: TreeError["code"], path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

interface OpenDirectory {
  readonly kind: "directory";
  readonly entries: Map<string, OpenNode>;
}
type OpenNode = FileNode | LinkNode | OpenDirectory;

/** A file system that forgets with the test. Paths begin at its root, with or without a slash. */
export class MemoryTree {
  readonly #root: OpenDirectory;
  readonly #folds: boolean;

  /** @param folds whether names that differ only in case are one, and a file keeps the one that it had first */
  constructor(root: DirectoryNode, folds = false) {
    this.#root = structuredClone(root) as OpenDirectory;
    this.#folds = folds;
  }

  /** What stands there now. */
  snapshot(): DirectoryNode {
    return structuredClone(this.#root);
  }

  /** @returns undefined where there is nothing; a link stands for itself unless it is followed */
  find(path: string, follows = false): OpenNode | undefined {
    try {
      return this.#walk(path, follows);
    } catch {
      return undefined;
    }
  }

  /** @throws TreeError */
  list(path: string): readonly (readonly [string, OpenNode])[] {
    return [...this.#directory(path).entries];
  }

  /** Makes a directory and those above it. @throws TreeError */
  makeDirectory(path: string): void {
    if (namesOf(path).length === 0 || this.find(path, true)?.kind === "directory") return;
    this.makeDirectory(parentOf(path));
    if (this.find(path) !== undefined) throw new TreeError("EEXIST", path);
    this.put(path, { kind: "directory", entries: new Map() });
  }

  /** Puts a node under a name, in place of what stands there unless that is a directory. @throws TreeError */
  put(path: string, node: OpenNode): void {
    if (this.find(path)?.kind === "directory") throw new TreeError("EISDIR", path);
    const { entries } = this.#directory(parentOf(path));
    entries.set(this.#keyIn(entries, nameOf(path)), node);
  }

  /** Takes away what is no directory, or an empty one. @throws TreeError */
  take(path: string): OpenNode {
    const node = this.#walk(path, false);
    if (node.kind === "directory" && node.entries.size > 0) throw new TreeError("ENOTEMPTY", path);
    this.#delete(path);
    return node;
  }

  /** rename(2), without a directory in the place of another. @throws TreeError */
  rename(from: string, to: string): void {
    const node = this.#walk(from, false);
    this.put(to, node);
    this.#delete(from);
  }

  #delete(path: string): void {
    const { entries } = this.#directory(parentOf(path));
    entries.delete(this.#keyIn(entries, nameOf(path)));
  }

  /** The name under which something stands, or would. */
  #keyIn(entries: ReadonlyMap<string, unknown>, name: string): string {
    if (!this.#folds || entries.has(name)) return name;
    return [...entries.keys()].find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
  }

  #directory(path: string): OpenDirectory {
    const node = this.#walk(path, true);
    if (node.kind !== "directory") throw new TreeError("ENOTDIR", path);
    return node;
  }

  #walk(path: string, follows: boolean): OpenNode {
    const waiting = namesOf(path);
    const above: OpenDirectory[] = [this.#root];
    let node: OpenNode = this.#root;
    let links = 0;
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (node.kind !== "directory") throw new TreeError("ENOTDIR", path);
      if (name === "..") {
        if (above.length > 1) above.pop();
        node = above.at(-1) ?? this.#root;
        continue;
      }
      const next: OpenNode | undefined = node.entries.get(this.#keyIn(node.entries, name));
      if (next === undefined) throw new TreeError("ENOENT", path);
      if (next.kind === "link" && (follows || waiting.length > 0)) {
        if ((links += 1) > MAX_LINKS) throw new TreeError("ELOOP", path);
        if (next.to.startsWith("/")) above.splice(1);
        node = above.at(-1) ?? this.#root;
        waiting.unshift(...namesOf(next.to));
        continue;
      }
      node = next;
      if (next.kind === "directory") above.push(next);
    }
    return node;
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
