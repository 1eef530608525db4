import { describe, expect, test } from "vitest";
import {
  destinationOf,
  isDoneWith,
  parseSourceAfter,
} from "../../../../src/transfer/source-after/source-after.ts";
import { judgeProof } from "../../../../src/transfer/source-after/proof.ts";
import type { FileFacts } from "../../../../src/transfer/sides/side.ts";

const NOW = Date.UTC(2026, 10, 28, 22, 5, 7);

describe("what is to become of a source", () => {
  test.each([
    ["keep", undefined],
    ["delete", { action: "delete" }],
    ["rename {name}.done", { action: "rename", pattern: "{name}.done" }],
    ["rename=sent-{base}{ext}", { action: "rename", pattern: "sent-{base}{ext}" }],
    ["move done/", { action: "move", directory: "done" }],
    ["move ./a/b//", { action: "move", directory: "a/b" }],
    ["move=/archive/sent", { action: "move", directory: "/archive/sent" }],
  ])("is read from %s", (text, meaning) => {
    expect(parseSourceAfter(text)).toEqual(meaning);
  });

  test.each([
    ["", "expected keep, delete"],
    ["remove", "expected keep, delete"],
    ["delete it", "expected keep, delete"],
    ["rename", "expected keep, delete"],
    ["rename done", "gives all files the same name"],
    ["rename {name}", "is no new name"],
    ["rename {base}{ext}", "is no new name"],
    ["rename done/{name}", "is no new name in the same directory"],
    ["rename {nam}.x", "{nam} is unknown"],
    ["move ../x", "is no directory to move to"],
    ["move a/../../x", "is no directory to move to"],
    ["move /", "is no directory to move to"],
    ["move .", "is no directory to move to"],
  ])("is refused where it is %j", (text, because) => {
    expect(() => parseSourceAfter(text)).toThrow(because);
  });

  test.each([
    ["rename {name}.done", "out/a.tar.gz", "out", "out/a.tar.gz.done"],
    ["rename {base}-{date}T{time}{ext}", "/a.tar.gz", "/", "/a.tar-20261128T220507.gz"],
    ["rename {base}.x{ext}", ".hidden", "", ".hidden.x"],
    ["move done", "out/sub/a", "out", "out/done/sub/a"],
    ["move done", "a", "", "done/a"],
    ["move done", "/a", "/", "/done/a"],
    ["move /sent", "/out/sub/a", "/out", "/sent/sub/a"],
    ["move done", "elsewhere/a", "out", "out/done/a"],
    ["delete", "a", "", undefined],
  ])("%s takes %s below %j to %s", (text, path, root, to) => {
    const after = parseSourceAfter(text);
    expect(after && destinationOf(after, path, root, NOW)).toBe(to);
  });

  test.each([
    ["rename {name}.done", "out", "a.done", true],
    ["rename {name}.done", "out", "sub/a.done.12", true],
    ["rename {name}.done", "out", "a.csv", false],
    ["rename {name}.done", "out", ".done", false],
    ["rename {base}_{date}{ext}", "out", "a_20261128.csv", true],
    ["rename {base}_{date}{ext}", "out", "a_2026.csv", false],
    ["move done", "out", "done/sub/a", true],
    ["move done", "out", "done", false],
    ["move done", "out", "sub/done/a", false],
    ["move /out/sent", "/out", "sent/a", true],
    ["move /sent", "/out", "sent/a", false],
    ["delete", "", "a", false],
  ])("%s below %s: whether %s was seen to before: %s", (text, root, relative, isDone) => {
    expect(isDoneWith(parseSourceAfter(text))(relative, root)).toBe(isDone);
  });
});

describe("a source may go", () => {
  const at = (atMs: number) => ({ atMs, precision: "second", zone: "utc" }) as const;
  const there: FileFacts = { kind: "file", sizeBytes: 5, modified: at(1_000) };
  const here: FileFacts = { kind: "file", sizeBytes: 5 };
  const before = { sizeBytes: 5, modifiedMs: 1_999 };

  test("when sizes are equal and the second of its modification is as before", () => {
    expect(judgeProof(before, there, here)).toEqual({ kind: "proven" });
  });

  test.each([
    ["the source is gone", before, undefined, here],
    ["the target is gone", before, there, undefined],
    ["the source is a directory now", before, { ...there, kind: "directory" as const }, here],
    ["the source's size is not known", before, { kind: "file" as const, modified: at(1_000) }, here],
    ["the target's size is not known", before, there, { kind: "file" as const }],
    ["the target is shorter", before, there, { ...here, sizeBytes: 4 }],
    ["it has grown, and the target with it", { ...before, sizeBytes: 4 }, there, here],
    ["it was modified", before, { ...there, modified: at(2_000) }, here],
  ])("not where %s", (_, known, source, target) => {
    expect(judgeProof(known, source, target).kind).toBe("doubt");
  });

  test.each([
    ["it was not copied now", undefined, there],
    ["its time is not told any more", before, { kind: "file" as const, sizeBytes: 5 }],
    ["its time was never told", { sizeBytes: 5 }, there],
  ])("only with equal digests where %s", (_, known, source) => {
    expect(judgeProof(known, source, here).kind).toBe("ask-digests");
  });
});
