import { describe, expect, test } from "vitest";
import { respelled, spelled, twins } from "../../../src/mirror/decide/spelling.ts";
import { directory, file } from "../../support/memory-tree.ts";
import { MirrorScene } from "../../support/mirror-scene.ts";

const entries = (...names: readonly string[]) => names.map((name) => ({ name, kind: "file" }) as const);

test("names are alike that differ in case, or in how a letter is composed", () => {
  expect(respelled(entries("A", "b", "\u00e9"), entries("a", "b", "c", "e\u0301"))).toEqual([
    { name: "A", like: "a", isTaken: false },
    { name: "\u00e9", like: "e\u0301", isTaken: false },
  ]);
  expect(respelled(entries("A", "a"), entries("a"))).toEqual([{ name: "A", like: "a", isTaken: true }]);
  expect(respelled(entries("a", "B"), entries("a"))).toEqual([]);
});

describe("a target to which two spellings are one name", () => {
  const folds = { target: { folds: true } };

  test("has a file that got another spelling at the source for that file, and does not lose it", async () => {
    const scene = new MirrorScene(
      directory({ A: file("a"), B: file("changed"), D: directory({ f: file("f") }) }),
      directory({ a: file("a"), b: file("old"), d: directory({ f: file("f"), x: file("x") }) }),
      folds,
    );
    const { summary } = await scene.run();
    expect(summary).toMatchObject({
      outcome: "succeeded",
      files: { copied: 1, kept: 2, deleted: 1, failed: 0 },
    });
    expect(scene.target.tree.snapshot()).toEqual(
      directory({ a: file("a"), b: file("changed"), d: directory({ f: file("f") }) }),
    );
    const again = await scene.run();
    expect(again.summary.files).toMatchObject({ copied: 0, kept: 3, deleted: 0 });
  });

  test("cannot hold two that are one to it, and says which one it has not", async () => {
    const scene = new MirrorScene(
      directory({ a: file("one"), A: file("two!") }),
      directory({ a: file("one") }),
      folds,
    );
    const { summary, events } = await scene.run();
    expect(summary).toMatchObject({ outcome: "partial", files: { copied: 0, kept: 1, failed: 1 } });
    expect(scene.target.tree.find("/a")).toEqual(file("one"));
    expect(events).toContainEqual(
      expect.objectContaining({ event: "fault", path: "source:/A", because: expect.stringMatching(/"a"/) }),
    );
  });
});

test("to any other target they are two: the one comes, the other goes", async () => {
  const scene = new MirrorScene(
    directory({ A: file("a"), D: directory({ f: file("f") }) }),
    directory({ a: file("a"), d: directory({ f: file("f") }) }),
  );
  const { summary } = await scene.run();
  expect(summary).toMatchObject({ outcome: "succeeded", files: { copied: 2, deleted: 2 } });
  expect(scene.target.tree.snapshot()).toEqual(scene.source.tree.snapshot());
});

test("names of the source that fold to one, and of which the target has neither, are twins", () => {
  expect(twins(entries("A", "a", "b"), [])).toEqual([["A", "a"]]);
  expect(twins(entries("A", "a"), entries("a"))).toEqual([]);
  expect(twins(entries("a", "b"), [])).toEqual([]);
});

test("of two names that are one to the target, the later is refused", async () => {
  const listed = (...names: readonly string[]) =>
    ({ kind: "listed", entries: entries(...names), isDoubtful: false }) as const;
  const stands = async () => false;
  const merged = await spelled(listed("A", "a"), listed(), stands, async () => true);
  expect(merged.refused).toEqual([{ name: "a", like: "A", isTaken: true }]);
  expect(merged.source.entries.map(({ name }) => name)).toEqual(["A"]);
  const apart = await spelled(listed("A", "a"), listed(), stands, async () => false);
  expect(apart.source.entries.map(({ name }) => name)).toEqual(["A", "a"]);
});
