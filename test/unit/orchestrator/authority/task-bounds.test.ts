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
