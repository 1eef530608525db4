import { expect, test } from "vitest";
import { parsePattern } from "../../../../src/copy/glob.ts";
import type { Request } from "../../../../src/orchestrator/definitions.ts";
import { refusalOfTask } from "../../../../src/orchestrator/authority/task-bounds.ts";
import { MemoryHost } from "../../../support/memory-side.ts";
import { directory } from "../../../support/memory-tree.ts";
import { POLICY } from "../../../support/pair.ts";

const { place } = new MemoryHost("alpha", directory({}));

const copyOf = (from: string, to: string): Request => ({
  kind: "copy",
  request: {
    sources: [{ place, pattern: parsePattern(from), shown: from, entersDirectories: true }],
    target: { place, path: to, shown: to },
    isWanted: (relative) => relative !== "left/out",
    onExists: "overwrite",
    parallel: 1,
    transfer: POLICY,
    retries: 0,
    dryRun: false,
  },
});

test.each([
  ["pub", "new", "pub/a/b", "new/pub/a/b", undefined],
  ["pub/", "new", "pub/a/b", "new/a/b", undefined],
  ["", "new/", "a/b", "new/a/b", undefined],
  ["pub", "new", "pub", "new", undefined],
  ["pub", "new", "pub", "new/pub", undefined],
  ["pub/*", "new", "pub/a", "new/a", undefined],
  ["pub", "new", "pub/a", "new/a", "its target is not where the run stores this file"],
  ["pub", "new", "pub/a", "new", "its target is not where the run stores this file"],
  ["pub/", "new", "pub/a", "new/pub/a", "its target is not where the run stores this file"],
  ["pub", "new", "pub/../x", "new/pub/../x", "its source is not one of the files the run copies"],
  ["pub", "new", "public/a", "new/pub/a", "its source is not one of the files the run copies"],
  ["pub/*", "new", "pub/a/b", "new/a/b", "its source is not one of the files the run copies"],
  ["pub", "new", "pub/left/out", "new/pub/left/out", "the run's rules exclude its source"],
])("promise 4: a copy of %j to %j, and a task from %j to %j: %s", (from, to, p, t, refusal) => {
  expect(refusalOfTask({ f: 0, p, t }, copyOf(from, to))).toBe(refusal);
});

test.each([
  ["a", "new/a", undefined],
  ["b", "new/c", undefined],
  ["b", "new/b", "its target is not where the run stores this file"],
  ["d", "new/d", "its source is not one of the files the run copies"],
])("promise 11: a copy of a list, and a task from %j to %j: %s", (p, t, refusal) => {
  const all = copyOf("pub", "new");
  if (all.kind !== "copy") throw new Error("is a copy");
  const names = new Map([
    ["a", "a"],
    ["b", "c"],
  ]);
  const sources = all.request.sources.map((one) => ({ ...one, isListed: true, names }));
  expect(
    refusalOfTask({ f: 0, p: `pub/${p}`, t }, { kind: "copy", request: { ...all.request, sources } }),
  ).toBe(refusal);
});
