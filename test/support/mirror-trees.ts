import fc from "fast-check";
import { type DirectoryNode, file, link, type Node } from "./memory-tree.ts";

/** Few names and few files, so that two trees that are drawn have much in common. */
export const name = fc.constantFrom("a", "b", "c", "d e", "é\udc80");

const times = fc.constantFrom(1, 2, 3);
const TIME_MS = Date.UTC(2021, 2, 3);

/** What a file has in it follows from its size and time: others cannot be told apart by listings. */
export const anyFile: fc.Arbitrary<Node> = fc
  .tuple(fc.constantFrom(0, 1, 2), times)
  .map(([size, time]) => file(`${time}`.repeat(size), TIME_MS + time * 86_400_000));
const anyLink: fc.Arbitrary<Node> = fc.constantFrom("a", "b", "..", ".", "nowhere", "../c", "/a").map(link);

function nodes(depth: number): fc.Arbitrary<Node> {
  const below = { weight: 3, arbitrary: depth === 0 ? anyFile : directories(depth - 1) };
  return fc.oneof({ weight: 4, arbitrary: anyFile }, { weight: 1, arbitrary: anyLink }, below);
}

function directories(depth: number): fc.Arbitrary<DirectoryNode> {
  return fc
    .uniqueArray(fc.tuple(name, nodes(depth)), { selector: ([name]) => name, maxLength: 4 })
    .map((entries) => ({ kind: "directory", entries: new Map(entries) }));
}

/** Any tree. */
export const tree = directories(3);

/** A tree with a file at its root, so that it is none of those from which nothing is believed. */
export const source: fc.Arbitrary<DirectoryNode> = tree.map(({ entries }) => ({
  kind: "directory",
  entries: new Map([...entries, ["first", file("1", TIME_MS)]]),
}));

/** Paths that are left alone, as directories, as anything else, or as both. */
export const leftAlone = fc.array(
  fc.tuple(
    fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/")),
    fc.constantFrom("/", "", "any"),
  ),
  { maxLength: 3 },
);
export type LeftAlone = readonly (readonly [path: string, what: string])[];

/** Whether one of them says so of a path. */
export function isLeftBy(rules: LeftAlone): (path: string, isDirectory: boolean) => boolean {
  return (path, isDirectory) =>
    rules.some(([one, what]) => one === path && (what === "any" || (what === "/") === isDirectory));
}

/** What a mirror is told. */
export const terms = fc.record({
  deletes: fc.boolean(),
  copiesLinks: fc.boolean(),
  left: leftAlone,
  maxDepth: fc.integer({ min: 1, max: 4 }),
});
