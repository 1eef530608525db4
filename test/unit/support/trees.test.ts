import { mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Tree, TreeEntry } from "../../support/tree-server-tree.ts";
import { differenceOf, growTree, timeDifferenceOf, treeOf } from "../../support/trees.ts";

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-trees-"));
});
afterEach(() => rm(work, { recursive: true, force: true }));

/** All of a tree, by path. */
function walk(tree: Tree, directory = "/"): readonly (readonly [string, TreeEntry])[] {
  return (tree(directory) ?? []).flatMap((entry) => {
    const path = posix.join(directory, entry.name);
    return [[path, entry] as const, ...(entry.kind === "directory" ? walk(tree, path) : [])];
  });
}

test.each([
  [0, 1],
  [7, 1],
  [300, 20],
  [20_000, 500],
])("%i files in %i directories are so many, evenly spread", (files, directories) => {
  const all = walk(treeOf({ files, directories }));
  expect(new Set(all.map(([path]) => path)).size).toBe(all.length);
  const of = (kind: string) => all.filter(([, entry]) => entry.kind === kind);
  expect(of("file")).toHaveLength(files);
  expect(of("directory")).toHaveLength(directories - 1);
  const counts = new Map<string, number>();
  for (const [path] of of("file"))
    counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  for (const count of counts.values()) expect(Math.abs(count - files / directories)).toBeLessThan(1);
});

test("a million files cost nothing until a directory is asked for", () => {
  const tree = treeOf({ files: 1_000_000, directories: 20_000 });
  expect(tree("/")?.filter(({ kind }) => kind === "directory")).toHaveLength(25);
  expect(tree("/d25/d650/d16251")).toHaveLength(50);
  for (const none of ["/d26", "/d0", "/d25/d26", "/d25/d650/d16251/x", "/d25/d650/d20001"]) {
    expect(tree(none)).toBeUndefined();
  }
});

test("the same shape is the same tree, another seed has other sizes and times", () => {
  const shape = { files: 50, directories: 3, hasOddNames: true };
  expect(walk(treeOf(shape))).toEqual(walk(treeOf(shape)));
  const facts = (seed: number) =>
    walk(treeOf({ ...shape, seed })).map(([path, { sizeBytes }]) => [path, sizeBytes]);
  expect(facts(2)).not.toEqual(facts(1));
});

test("what is grown on disk is found equal, and every difference is found", async () => {
  const tree = treeOf({ files: 120, directories: 9, hasOddNames: true, octets: [1, 50] });
  const [one, other] = [join(work, "one"), join(work, "other")];
  await Promise.all([growTree(one, tree), growTree(other, tree)]);
  expect(await differenceOf(one, other)).toBeUndefined();
  expect(await timeDifferenceOf(one, other)).toBeUndefined();
  await utimes(join(other, "f0.bin"), new Date(), new Date());
  expect(await differenceOf(one, other)).toBeUndefined();
  expect(await timeDifferenceOf(one, other)).toMatch(/^\d+ f0\.bin$/);
  await writeFile(join(other, "f0.bin"), "something else");
  expect(await differenceOf(one, other)).toMatch(/f0\.bin differ$/);
  await rename(join(other, "f0.bin"), join(work, "f0.bin"));
  expect(await differenceOf(other, one)).toMatch(/^Only in .*one: f0\.bin$/);
});
