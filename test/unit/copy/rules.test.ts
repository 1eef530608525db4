import { describe, expect, test } from "vitest";
import { parseFilter } from "../../../src/copy/filter.ts";
import { parseRules, type Rule, rulingOf, wantedBy } from "../../../src/copy/rules.ts";
import { ConfigError } from "../../../src/shared/errors.ts";

describe("a filter", () => {
  test.each([
    ["*.tmp", "a/b/c.tmp", true],
    ["*.tmp", "a.tmp/b", false],
    ["a/*.tmp", "a/c.tmp", true],
    ["a/*.tmp", "b/a/c.tmp", false],
    ["/c.tmp", "c.tmp", true],
    ["/c.tmp", "a/c.tmp", false],
    ["**/a/*", "b/a/c", true],
    ["tmp/", "tmp", false],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["\\re:x", "re:x", true],
    ["#a", "#a", true],
    ["!a", "!a", true],
    ["re:^a/.*\\.tmp$", "a/b/c.tmp", true],
    ["re:^a/.*\\.tmp$", "b/a/c.tmp", false],
    ["re:b", "a/b/c", true],
    ["re:^.$", "\u{1f4be}", true],
    ["re:^caf.$", "caf\udce9", true],
  ])("%j matches the file %j: %j", (text, path, expected) => {
    expect(parseFilter(text).matches(path, false)).toBe(expected);
  });

  test("with a slash at its end it matches directories only, in any directory where it has no other", () => {
    expect(parseFilter("tmp/").matches("a/tmp", true)).toBe(true);
    expect(parseFilter("/tmp/").matches("a/tmp", true)).toBe(false);
    expect(parseFilter("a/*/").matches("a/tmp", true)).toBe(true);
  });

  test.each([
    ["", /"" is not a path below the source directory; expected names/],
    ["{tmp/,cache/}", /"\{tmp\/,cache\/\}" is not a path/],
    ["/", /"\/" is not a path/],
    ["./a", /"\.\/a" is not a path/],
    ["a/../b", /"a\/\.\.\/b" is not a path/],
    ["a//b", /"a\/\/b" is not a path/],
    ["re:a(b", /^"re:a\(b" is not a valid regular expression: missing closing \)/],
    ["x".repeat(5_000), /^pattern longer than 4096 characters$/],
    ["{a,b}".repeat(40), /^pattern expands to more than 1000 alternatives$/],
  ])("%j is refused", (text, sentence) => {
    expect(() => parseFilter(text)).toThrow(ConfigError);
    expect(() => parseFilter(text)).toThrow(sentence);
  });
});

const FILTER = "\\.tmp$";

describe("the ruling of a file", () => {
  test.each<[Rule[], string, boolean]>([
    [[], "x", true],
    [[{ exclude: "*.tmp" }], "x.tmp", false],
    [[{ exclude: "*.tmp" }], "x", true],
    [[{ include: "*.iso" }], "x", false],
    [[{ include: "*.iso" }], "x.iso", true],
    [[{ include: "keep.tmp" }, { exclude: "*.tmp" }], "keep.tmp", true],
    [[{ exclude: "*.tmp" }, { include: "keep.tmp" }], "keep.tmp", false],
    [[{ exclude: `re:${FILTER}` }], "a/x.tmp", false],
    [[{ exclude: "cache/" }], "cache", true],
    [[{ exclude: "cache/" }], "a/cache/b/c", false],
    [[{ exclude: "cache" }], "a/cache/b/c", false],
    [[{ include: "cache/keep" }, { exclude: "cache/" }], "cache/keep", true],
    [[{ include: "cache/keep" }, { exclude: "cache/" }], "cache/other", false],
    [[{ exclude: "cache/" }, { include: "cache/keep" }], "cache/keep", false],
    [[{ include: "*/" }, { include: "*.iso" }, { exclude: "*" }], "a/b.iso", true],
    [[{ include: "*/" }, { include: "*.iso" }, { exclude: "*" }], "a/b.txt", false],
  ])("%j: %s wanted is %j", (rules, path, expected) => {
    expect(wantedBy(rules)(path)).toBe(expected);
    expect(rulingOf(rules)(path, false).isWanted).toBe(expected);
  });
});

describe("the ruling of a directory", () => {
  test.each<[Rule[], string, boolean]>([
    [[{ exclude: "incoming" }], "incoming", false],
    [[{ exclude: "incoming/" }], "incoming", false],
    [[{ exclude: "incoming/**" }], "incoming", false],
    [[{ exclude: "incoming/*" }], "incoming", false],
    [[{ exclude: "**/cache/**" }], "a/cache", false],
    [[{ exclude: "{a,b}/**" }], "b", false],
    [[{ exclude: "*" }], "a", false],
    [[{ exclude: "incoming/**" }], "incoming/a", false],
    [[{ exclude: "incoming/*.tmp" }], "incoming", true],
    [[{ exclude: "incoming/*/" }], "incoming", true],
    [[{ exclude: "*.tmp" }], "incoming", true],
    [[{ include: "incoming/a" }, { exclude: "incoming/**" }], "incoming", true],
    [[{ exclude: "incoming/**" }, { include: "incoming/a" }], "incoming", false],
    [[{ include: "other/a" }, { exclude: "incoming/**" }], "incoming", false],
    [[{ include: `re:${FILTER}` }, { exclude: "incoming/**" }], "incoming", true],
    [[{ include: "*.iso" }], "a/b", true],
    [[{ include: "pub/*.iso" }], "pub", true],
    [[{ include: "pub/*.iso" }], "other", false],
    [[{ include: "pub/*.iso" }], "pub/deeper", false],
    [[{ exclude: "re:^a$" }], "a/b", false],
  ])("%j: %s wanted is %j", (rules, path, expected) => {
    expect(rulingOf(rules)(path, true).isWanted).toBe(expected);
  });
});

describe("a ruling says why", () => {
  const because = (rules: readonly Rule[], path: string, isDirectory = false) =>
    rulingOf(rules)(path, isDirectory).because;

  test("by the rule that decided and where that stands", () => {
    const rule = { exclude: "*.tmp", from: "rule 2 of jobs/nightly.yaml" };
    expect(rulingOf([{ include: "*.iso" }, rule])("a.tmp", false)).toEqual({
      isWanted: false,
      because: "exclude *.tmp (rule 2 of jobs/nightly.yaml)",
      rule,
    });
    expect(because([{ include: "*.iso" }], "a.iso")).toBe("include *.iso");
    expect(because([{ exclude: "tmp/" }], "a/tmp/b/c")).toBe("exclude tmp/ excludes a/tmp/");
    expect(because([{ include: "a/*.iso" }], "a", true)).toBe("include a/*.iso may match something in it");
  });

  test("or that none did", () => {
    expect(because([{ exclude: "*.tmp" }], "a")).toBe("no rule matches");
    expect(rulingOf([{ include: "*.iso" }])("a", false)).toEqual({
      isWanted: false,
      because: "no rule includes it",
    });
  });

  test("an invalid rule is named by its position", () => {
    expect(() => rulingOf([{ exclude: "re:)", from: "rule 1 of the command line" }])).toThrow(
      'rule 1 of the command line: "re:)" is not a valid regular expression: unexpected )',
    );
  });
});

describe("a file of rules", () => {
  test("has one a line, in order, and comments", () => {
    const text = "\ufeff# what goes out\r\n+ *.iso\r\n\r\n  -\tincoming/**  \n- re:^a b$\n+ #x\n";
    expect(parseRules(text, "r.txt")).toEqual([
      { include: "*.iso", from: "r.txt:2" },
      { exclude: "incoming/**", from: "r.txt:4" },
      { exclude: "re:^a b$", from: "r.txt:5" },
      { include: "#x", from: "r.txt:6" },
    ]);
    expect(parseRules("", "r.txt")).toEqual([]);
  });

  test.each([
    ["+ a\nexclude b\n", "r.txt:2: expected + GLOB, - GLOB or # COMMENT"],
    ["-b", "r.txt:1: expected + GLOB, - GLOB or # COMMENT"],
    ["+ ", "r.txt:1: expected + GLOB, - GLOB or # COMMENT"],
    ["- a\n\n- ./b", /^r\.txt:3: "\.\/b" is not a path/],
    ["- re:[", /^r\.txt:1: "re:\[" is not a valid regular expression/],
  ])("%j is refused with its line", (text, sentence) => {
    expect(() => parseRules(text, "r.txt")).toThrow(ConfigError);
    expect(() => parseRules(text, "r.txt")).toThrow(sentence);
  });
});
