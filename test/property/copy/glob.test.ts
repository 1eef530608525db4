import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapePattern, parsePattern } from "../../../src/copy/glob.ts";
import { refusalOfName } from "../../../src/ftp/pathname.ts";

const name = fc
  .string({ unit: "binary", minLength: 1, maxLength: 10 })
  .filter((text) => refusalOfName(text) === undefined);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));

function globOf(text: string) {
  const pattern = parsePattern(text);
  if (pattern.kind !== "glob") throw new Error(`${text} is no glob`);
  return pattern.glob;
}

describe("patterns", () => {
  test("an escaped path is that path and nothing else", () => {
    fc.assert(
      fc.property(path, (one) => {
        expect(parsePattern(escapePattern(one))).toEqual({ kind: "path", path: one });
      }),
    );
  });

  test("whatever ** matches lies in directories that are looked into", () => {
    const wild = fc.constantFrom("**", "**/*", "a/**/b", "*/b", "{a,b}/**", "?/**/?", "a*/b*", "**/a/**");
    const short = fc.array(fc.constantFrom("a", "b", "ab", ".c"), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(wild, short, (pattern, names) => {
        const glob = globOf(pattern);
        if (!glob.matches(names.join("/"))) return;
        for (let depth = 1; depth < names.length; depth += 1) {
          expect(glob.mayHold(names.slice(0, depth).join("/"))).toBe(true);
        }
      }),
    );
  });

  test.each([
    ["*", "a", true],
    ["*", ".hidden", true],
    ["*", "a/b", false],
    ["**", "a/b/c", true],
    ["**/*.iso", "x.iso", true],
    ["**/*.iso", "d/e/x.iso", true],
    ["[!x]y", "xy", false],
    ["[!x]y", "zy", true],
    ["[a-c]", "b", true],
    ["{a,b{c,d}}", "bd", true],
    ["a\\*?", "a*b", true],
    ["a\\*?", "aab", false],
    ["*", "caf\udce9", true],
  ])("%j and %j: %j", (pattern, text, expected) => {
    expect(globOf(pattern).matches(text)).toBe(expected);
  });

  test.each([
    ["{a/x,b/y}/*.iso", "", "b/y/1.iso", true],
    ["{a/x,b/y}/*.iso", "", "a/y/1.iso", false],
    ["pub/{a/x,a/y}/*.iso", "pub/a", "y/1.iso", true],
    ["/pub/{a,b}", "/pub", "b", true],
    ["/{a,b}", "/", "b", true],
    ["f[\\*]x", "", "f*x", true],
    ["[\\\\]", "", "\\", true],
    ["a[]]b", "", "a]b", true],
    ["d/a[]]b/c", "d", "a]b/c", true],
  ])("%j begins in %j, and matches %j there: %j", (pattern, base, text, expected) => {
    const glob = globOf(pattern);
    expect(glob.base).toBe(base);
    expect(glob.matches(text)).toBe(expected);
  });

  test("paths from the root and others are not asked for in one pattern", () => {
    expect(() => parsePattern("{/a,b}")).toThrow(/use one kind only/);
  });

  test("the part without wildcards is where the search begins", () => {
    expect(globOf("/pub/iso/*.iso").base).toBe("/pub/iso");
    expect(globOf("/*").base).toBe("/");
    expect(globOf("*").base).toBe("");
    expect(globOf("a\\[1]/*").base).toBe("a[1]");
  });

  test("hostile patterns against hostile names end", () => {
    const long = "a".repeat(250);
    for (const pattern of [
      "*a".repeat(60).concat("b"),
      "*?".repeat(100).concat("b"),
      "**/".repeat(20).concat("b"),
    ]) {
      expect(globOf(pattern).matches(long)).toBe(false);
      expect(globOf(pattern).matches("a/".repeat(100).concat("c"))).toBe(false);
    }
  });

  test.each(["{a,b}".repeat(40), "{1,2}".repeat(11), "x".repeat(5_000)])(
    "a pattern that stands for too many is refused",
    (text) => {
      expect(() => parsePattern(text)).toThrow(/pattern (longer than|expands to more than) \d+/);
    },
  );
});
