import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directoriesOfNames, formatNameList, parseNameList } from "../../../src/copy/name-list.ts";

const part = fc
  .string({
    minLength: 1,
    maxLength: 6,
    unit: fc.constantFrom("a", "#", " ", "é", "\udce9", "*", "\\", ".", "\ufeff"),
  })
  .filter((name) => name !== "." && name !== "..");
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

test("a list that is written and read again is the same, in lines and with NUL", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name)), fc.boolean(), (pairs, isNul) => {
      const names = new Map(pairs);
      expect(parseNameList(formatNameList(names, isNul), isNul, "list").names).toEqual(names);
    }),
  );
});

test("whatever is read gives paths below the directory, or one sentence with the line", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "/", ".", "..", "\t", "\n", "\r", "\0", "#", " ") });
  fc.assert(
    fc.property(text, fc.boolean(), (written, isNul) => {
      try {
        for (const path of [...parseNameList(written, isNul, "list").names].flat())
          expect(path.split("/").every((one) => !["", ".", ".."].includes(one))).toBe(true);
      } catch (error) {
        expect((error as Error).message).toMatch(/^list:\d+: /);
      }
    }),
  );
});

test("every directory on the way to a name is one of the list's", () => {
  fc.assert(
    fc.property(fc.array(name), (names) => {
      const above = names.flatMap((path) => {
        const parts = path.split("/");
        return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
      });
      expect(directoriesOfNames(names)).toEqual(new Set(above));
    }),
  );
});

describe("a list", () => {
  test.each([
    ["a\r\nb/c\r\n", { a: "a", "b/c": "b/c" }],
    ["# all\n\n  \n./#x\n/abs//y/\n", { "#x": "#x", "abs/y": "abs/y" }],
    ["a\tz/b\n", { a: "z/b" }],
    ["\ufeffa\r\nb\r\n", { a: "a", b: "b" }],
  ])("%j", (text, names) => {
    expect(Object.fromEntries(parseNameList(text, false, "list").names)).toEqual(names);
  });

  test.each([
    ["a\n../b\n", 'list:2: "../b" leads out of the directory; ".." is not allowed'],
    ["a\tb\tc\n", "list:1: expected one name, or two separated by a tab"],
    ["a\tb\na\tc\n", 'list:2: "a" is in the list twice, with two targets'],
    ["a\0b\0", "list:1: contains NUL; for a list whose names end in NUL, use --from0 (from0: true)"],
    ["/\n", 'list:1: "/" is not the name of a file'],
  ])("%j is refused", (text, sentence) => {
    expect(() => parseNameList(text, false, "list")).toThrow(sentence);
  });
});
