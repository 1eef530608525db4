import fc from "fast-check";
import { braceExpand, Minimatch } from "minimatch";
import { describe, expect, test } from "vitest";
import { globBelow } from "../../../src/copy/glob.ts";
import { expand, extentOf, parseBraces } from "../../../src/copy/pattern/braces.ts";
import { Effort, EffortError } from "../../../src/copy/pattern/effort.ts";
import { parseFilter } from "../../../src/copy/filter.ts";
import { rulingOf } from "../../../src/copy/rules.ts";
import { ConfigError } from "../../../src/shared/errors.ts";

const OPTIONS = {
  dot: true,
  noext: true,
  nonegate: true,
  nocomment: true,
  nobrace: true,
  platform: "linux",
} as const;

const piece = fc.constantFrom(
  "a",
  "b",
  "c",
  "*",
  "?",
  "[ab]",
  "[!a]",
  "[a-c]",
  "[]a]",
  "[^]b]",
  "\\*",
  "\\[",
  ".",
  "[*]",
  "[\\]]",
  "-",
);
const isName = (one: string) => one !== "." && one !== "..";
const patternName = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(piece, { minLength: 1, maxLength: 5 })
      .map((all) => all.join(""))
      .filter(isName),
  },
  fc.constant("**"),
);
const patternPath = fc.array(patternName, { minLength: 1, maxLength: 4 }).map((all) => all.join("/"));
const letters = fc.constantFrom("a", "b", "c", "*", "]", "[", ".", "-", "x");
const name = fc
  .array(letters, { minLength: 1, maxLength: 5 })
  .map((all) => all.join(""))
  .filter((one) => one !== "." && one !== "..");
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((all) => all.join("/"));

describe("a glob", () => {
  test("matches what minimatch does", () => {
    fc.assert(
      fc.property(patternPath, path, (pattern, one) => {
        const expected = new Minimatch(pattern, OPTIONS).match(one);
        expect({ pattern, one, is: globBelow("", pattern).matches(one) }).toEqual({
          pattern,
          one,
          is: expected,
        });
      }),
      { numRuns: 3_000 },
    );
  });

  test("lets every directory be looked into that something matching lies in", () => {
    fc.assert(
      fc.property(patternPath, path, (pattern, one) => {
        const glob = globBelow("", pattern);
        if (!glob.matches(one)) return;
        const names = one.split("/");
        for (let depth = 1; depth < names.length; depth += 1)
          expect(glob.mayHold(names.slice(0, depth).join("/"))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["?", "\u{1f4be}", true],
    ["[\u{1f4be}]", "\u{1f4be}", true],
    ["*?", "\u{1f4be}", true],
    ["*??", "\u{1f4be}", false],
    ["[[:alpha:]]", "\u00e4", true],
    ["[[:digit:]]x", "1x", true],
    ["[", "[", true],
    ["[a", "[a", true],
    ["a\\", "a\\", true],
    ["[\\\\]", "\\", true],
    ["a[]]b", "a]b", true],
    ["f[\\*]x", "f*x", true],
  ])("%j and %j: %j", (pattern, text, is) => {
    expect(globBelow("", pattern).matches(text)).toBe(is);
  });
});

describe("braces", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "{", "}", ",", "..", "1", "3", "10", "-", "{a,b}", "{1..3}", "x"), {
      maxLength: 10,
    })
    .map((all) => all.join(""));
  const balanced: fc.Arbitrary<string> = fc.letrec<{ text: string; one: string }>((tie) => ({
    text: fc.array(tie("one"), { maxLength: 3 }).map((all) => all.join("")),
    one: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("a", "b", "/", "*", "{1..3}", "{a..c}", "{03..1}", "{1..9..4}", "{-1..1}"),
      fc.array(tie("text"), { minLength: 2, maxLength: 3 }).map((all) => `{${all.join(",")}}`),
    ),
  })).text;

  test("stand for what they do in minimatch", () => {
    fc.assert(
      fc.property(balanced, (one) => {
        fc.pre(one !== "" && extentOf(parseBraces(one)).count <= 500);
        const ours = expand(parseBraces(one)).filter((each) => each !== "");
        expect(new Set(ours)).toEqual(new Set(braceExpand(one)));
      }),
      { numRuns: 1_000 },
    );
  });

  test("are counted as they are expanded, whatever they are", () => {
    fc.assert(
      fc.property(fc.oneof(text, balanced), (one) => {
        const extent = extentOf(parseBraces(one));
        fc.pre(extent.count <= 5_000);
        const all = expand(parseBraces(one));
        expect(all).toHaveLength(extent.count);
        expect(all.join("").length).toBeLessThanOrEqual(extent.characters);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    "{1..999999999}",
    "{a,b}".repeat(800),
    "{".repeat(4_000),
    "{a,".repeat(1_300),
    "}{".repeat(2_000),
    `${"{".repeat(2_000)}${"}".repeat(2_000)}`,
  ])("are counted without being expanded: %.20s", (one) => {
    expect(extentOf(parseBraces(one)).count).toBeGreaterThan(0);
  });
});

describe("what a pattern may cost", () => {
  const poison = fc.oneof(
    fc.constantFrom(
      "re:^(a+)+$",
      "re:(a|aa)+b",
      "re:(.*a){20}$",
      "re:(x+x+)+y",
      "re:(a?){80}a{80}",
      "re:^(([a-z])+.)+[A-Z]([a-z])+$",
    ),
    fc.integer({ min: 1, max: 900 }).map((count) => `${"*a".repeat(count)}b`),
    fc.integer({ min: 1, max: 900 }).map((count) => `${"*?".repeat(count)}b`),
    fc.integer({ min: 1, max: 600 }).map((count) => `${"**/a/".repeat(count)}b`),
    fc.integer({ min: 1, max: 900 }).map((count) => `{${"a,".repeat(count)}b}${"*?".repeat(50)}c`),
    fc.integer({ min: 1, max: 999 }).map((count) => `{1..${count}}*a*a*a*b`),
    text(),
  );
  const hostile = fc.oneof(
    fc.integer({ min: 1, max: 4_000 }).map((count) => `${"a".repeat(count)}!`),
    fc.integer({ min: 1, max: 2_000 }).map((count) => `${"a/".repeat(count)}c`),
    fc.integer({ min: 1, max: 20_000 }).map((count) => "x".repeat(count)),
  );

  function text(): fc.Arbitrary<string> {
    return fc.string({
      minLength: 1,
      maxLength: 200,
      unit: fc.constantFrom("a", "*", "?", "[", "]", "{", "}", ",", "/", "!", "\\", "1", ".."),
    });
  }

  test("is bounded for each path, whatever the rules and the name are", () => {
    fc.assert(
      fc.property(
        fc.array(poison, { minLength: 1, maxLength: 30 }),
        hostile,
        fc.boolean(),
        (patterns, one, isDirectory) => {
          let spent = 0;
          class Counting extends Effort {
            override spend(steps: number): void {
              spent += steps;
              super.spend(steps);
            }
          }
          try {
            rulingOf(
              patterns.map((exclude) => ({ exclude })),
              new Counting(),
            )(one, isDirectory);
            expect(spent).toBeLessThanOrEqual(1_000_000);
          } catch (error) {
            // The last step that was counted is the one too many, and has not been taken where it is a long one.
            if (!(error instanceof EffortError)) expect(error).toBeInstanceOf(ConfigError);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("is charged to all rules of a request together", () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ exclude: `${index}{1..999}` }));
    expect(() => rulingOf(many)).toThrow(/the rules and patterns together have more than 10000 patterns/);
    const same = Array.from({ length: 20_000 }, () => ({ exclude: "{1..999}" }));
    expect(rulingOf(same)("7", false).isWanted).toBe(false);
    const large = Array.from({ length: 100 }, (_, index) => ({ exclude: `re:a{${index + 300}}` }));
    expect(() => rulingOf(large)).toThrow(/more than 2000 instructions in their regular expressions/);
  });

  test.each([
    [
      "re:a(?=b)",
      /contains a look-around \(\?=…\), which cannot be matched in linear time; use several rules/,
    ],
    ["re:(?<!a)b", /contains a look-around \(\?<!…\)/],
    ["re:(a)\\1", /contains a back-reference \\1, which cannot be matched in linear time/],
    ["re:(x{1000}){1000}", /is too large for a regular expression/],
    [`re:${"x{1000}".repeat(500)}`, /is too large for a regular expression/],
    ["re:[(?=]x{2}", undefined],
    ["re:\\(?=", undefined],
    ["re:(?<year>\\d{4})-\\u00e4", undefined],
  ])("%.30s", (pattern, sentence) => {
    if (sentence === undefined) expect(() => parseFilter(pattern)).not.toThrow();
    else expect(() => parseFilter(pattern)).toThrow(sentence);
  });
});
