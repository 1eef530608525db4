import type { DirectoryNode, Node } from "./memory-tree.ts";

/** What a mirror is to leave alone, and what it may do; paths are below the root. */
export interface Terms {
  readonly deletes: boolean;
  readonly copiesLinks: boolean;
  readonly isLeft: (path: string, isDirectory: boolean) => boolean;
  readonly maxDepth: number;
}

/** What a target is to be after a mirror in which nothing went wrong, by the definition and not by the code. */
export function mirrored(source: DirectoryNode, target: DirectoryNode, terms: Terms): DirectoryNode {
  return directoryOf(source, target, "", 0, terms);
}

function directoryOf(
  source: DirectoryNode,
  target: DirectoryNode | undefined,
  path: string,
  depth: number,
  terms: Terms,
): DirectoryNode {
  const entries = new Map<string, Node>();
  const there: ReadonlyMap<string, Node> = target?.entries ?? new Map<string, Node>();
  for (const name of new Set([...source.entries.keys(), ...there.keys()])) {
    const below = path === "" ? name : `${path}/${name}`;
    const node = nodeOf(source.entries.get(name), there.get(name), below, depth, terms);
    if (node !== undefined) entries.set(name, node);
  }
  return { kind: "directory", entries };
}

function nodeOf(
  source: Node | undefined,
  target: Node | undefined,
  path: string,
  depth: number,
  terms: Terms,
): Node | undefined {
  const stays = target !== undefined && isLeft(target, path, depth, terms);
  if (source === undefined) return stays || !terms.deletes ? target : remains(target, path, depth, terms);
  if (isLeft(source, path, depth, terms)) return target;
  const isOtherKind = target !== undefined && (source.kind === "directory") !== (target.kind === "directory");
  if (isOtherKind && source.kind === "link") return target;
  if (isOtherKind && (stays || !terms.deletes)) return target;
  const way = isOtherKind ? remains(target, path, depth, terms) : undefined;
  if (way !== undefined) return way;
  if (source.kind === "link") return terms.copiesLinks ? source : target;
  if (source.kind === "file") return source;
  return directoryOf(source, target?.kind === "directory" ? target : undefined, path, depth + 1, terms);
}

/** What is left of something that is deleted. */
function remains(node: Node | undefined, path: string, depth: number, terms: Terms): Node | undefined {
  if (node === undefined || isLeft(node, path, depth, terms)) return node;
  if (node.kind !== "directory") return undefined;
  const entries = new Map<string, Node>();
  for (const [name, one] of node.entries) {
    const left = remains(one, `${path}/${name}`, depth + 1, terms);
    if (left !== undefined) entries.set(name, left);
  }
  return entries.size === 0 ? undefined : { kind: "directory", entries };
}

function isLeft({ kind }: Node, path: string, depth: number, { isLeft, maxDepth }: Terms): boolean {
  return isLeft(path, kind === "directory") || (kind === "directory" && depth >= maxDepth);
}

/** All that stands in a tree, by path, with its directories. */
export function pathsOf(tree: DirectoryNode, above = ""): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>();
  for (const [name, node] of tree.entries) {
    const path = `${above}${name}`;
    found.set(path, node);
    if (node.kind === "directory")
      for (const [below, one] of pathsOf(node, `${path}/`)) found.set(below, one);
  }
  return found;
}
