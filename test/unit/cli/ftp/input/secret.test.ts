import { expect, test } from "vitest";
import { hiddenLine } from "../../../../../src/cli/ftp/input/secret.ts";

test.each([
  ["nothing yet", "pass", undefined],
  ["a line, and what was typed ahead", "pass\rnext\r", { line: "pass", rest: "next\r" }],
  ["an erased character, also one of two UTF-16 units", "pas😀\x7fs\b\bss\n", { line: "pass", rest: "" }],
  ["a line that was begun again", "wrong\x15pass\r", { line: "pass", rest: "" }],
  ["Ctrl-C", "pa\x03", "interrupted"],
  ["Ctrl-D", "\x04", "given up"],
])("a hidden line takes %s", (_, typed, meaning) => {
  expect(hiddenLine(typed)).toEqual(meaning);
});
