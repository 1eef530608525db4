import { expect, test } from "vitest";
import { parseQuotedPath, refusalOfName } from "../../../src/ftp/pathname.ts";

test.each(["", ".", "..", "a/b", "/", "a\rb", "a\nb", "a\0"])("%j is no name in a directory", (name) => {
  expect(refusalOfName(name)).toBeTypeOf("string");
});

test.each(["a", "...", "..a", "a..", "a b", "ä", "-r"])("%j is a name like any other", (name) => {
  expect(refusalOfName(name)).toBeUndefined();
});

test.each([
  ['"/pub" is the current directory', "/pub"],
  ['"/a""b""c" is the current directory', '/a"b"c'],
  ['"/a"b" is the current directory', '/a"b'],
  ["no quotes", undefined],
])("the pathname of 257 %s is %j", (line, path) => {
  expect(parseQuotedPath({ code: 257, lines: [line] })).toBe(path);
});
