import { describe, expect, test } from "vitest";
import { type Completable, wantedAt, shellWords } from "../../../src/cli/completion/wanted.ts";

const leaf = { summary: "", options: [], arguments: [], isVariadic: false, commands: [] };
const PROGRAM: Completable = {
  ...{ ...leaf, name: "fxpd" },
  commands: [
    {
      ...{ ...leaf, name: "copy", arguments: ["sources", "target"], isVariadic: true },
      options: [
        { flags: ["-n", "--dry-run"], description: "" },
        { flags: ["--verify"], description: "", value: "how" },
        { flags: ["--report"], description: "", value: "file" },
      ],
    },
    { ...leaf, name: "run", arguments: ["job"] },
    { ...leaf, name: "host", commands: [{ ...leaf, name: "test", arguments: ["host"] }] },
  ],
};
const wordsAt = (...words: readonly string[]) => {
  const wanted = wantedAt(PROGRAM, words);
  return wanted.kind === "words" ? wanted.candidates.map(({ word }) => word) : wanted.kind;
};

describe("what may stand next", () => {
  test.each([
    [[""], ["copy", "run", "host"]],
    [["host", ""], ["test"]],
    [["host", "test", ""], "host"],
    [["run", "ni"], "job"],
    [["run", "nightly", ""], "nothing"],
    [
      ["copy", "--"],
      ["--dry-run", "--verify", "--report"],
    ],
    [
      ["copy", "--verify", ""],
      ["size", "digest", "require-digest", "off"],
    ],
    [["copy", "--report", ""], "file"],
    [["copy", "--report=x", "a:"], "location"],
    [["copy", "-n", "a:b", "c:d", "e"], "location"],
    [["unknown", ""], "nothing"],
  ])("%j", (words, expected) => expect(wordsAt(...words)).toEqual(expected));
});

test.each([
  ["fxpd run ni", ["run", "ni"]],
  ["fxpd run ", ["run", ""]],
  ["fxpd", []],
  ["fxpd copy 'a b:c d", ["copy", "a b:c d"]],
  ['fxpd copy "a \\" b" c\\ d', ["copy", 'a " b', "c d"]],
  ["fxpd copy a\\", ["copy", "a\\"]],
])("the words of %j", (line, words) => expect(shellWords(line)).toEqual(words));
