import { expect, test } from "vitest";
import type { Place } from "../../../src/batch/pool.ts";
import { levelsOf } from "../../../src/copy/emptied.ts";

const place = { key: "k", name: "a", at: (path: string) => path } as Place;
const levels = (roots: readonly string[], directories: readonly string[]) =>
  levelsOf({ place, roots, directories });

test("the deepest directories come first, with those that they are in, and no root", () => {
  expect(levels(["out"], ["out", "out/a", "out/b/c/d"])).toEqual([
    ["out/b/c/d"],
    ["out/b/c"],
    ["out/a", "out/b"],
  ]);
});

test("of several roots none comes, be it below another one", () => {
  expect(levels(["/in", "/in/x"], ["/in/x/y", "/in/x", "/in/z"])).toEqual([["/in/x/y"], ["/in/z"]]);
});

test("below the login directory and the root, these stay", () => {
  expect(levels([""], ["", "a/b"])).toEqual([["a/b"], ["a"]]);
  expect(levels(["/"], ["/", "/a/b"])).toEqual([["/a/b"], ["/a"]]);
});

test("what is not below a root is not touched", () => {
  expect(levels(["/out"], ["/outer/a", "/other"])).toEqual([]);
});
