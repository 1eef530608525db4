import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapePattern } from "../../../src/copy/glob.ts";
import { parseRules, type Rule, rulingOf, wantedBy } from "../../../src/copy/rules.ts";
import { refusalOfName } from "../../../src/ftp/pathname.ts";

const anyName = fc
  .string({ unit: "binary", minLength: 1, maxLength: 10 })
  .filter((text) => refusalOfName(text) === undefined);
const anyPath = fc.array(anyName, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));

/** Few names, so that patterns and paths meet. */
const path = fc
  .array(fc.constantFrom("a", "b", "ab", ".c", "x.tmp"), { minLength: 1, maxLength: 4 })
  .map((names) => names.join("/"));
const segment = fc.constantFrom("a", "b", "*", "**", "?", "a*", "*.tmp", "{a,b}", "{a,b/ab}", "[!a]", "a**");
const glob = fc
  .tuple(
    fc.constantFrom("", "/"),
    fc.array(segment, { minLength: 1, maxLength: 4 }),
    fc.constantFrom("", "/"),
  )
  .map(([before, segments, after]) => before + segments.join("/") + after);
const pattern = fc.oneof(
  { weight: 5, arbitrary: glob },
  { weight: 1, arbitrary: fc.constantFrom("re:^a/", "re:b$", "re:a/b", "re:^[^/]*$") },
);
const ruleOf = (pattern: fc.Arbitrary<string>) =>
  fc.oneof(
    pattern.map((include): Rule => ({ include })),
    pattern.map((exclude): Rule => ({ exclude })),
  );
const rules = fc.array(ruleOf(pattern), { maxLength: 5 });

const lies = (path: string, directory: string) => path === directory || path.startsWith(`${directory}/`);

describe("rules", () => {
  test("in a directory that is not wanted, nothing is wanted", () => {
    fc.assert(
      fc.property(rules, path, path, (rules, above, below) => {
        const rulingFor = rulingOf(rules);
        fc.pre(!rulingFor(above, true).isWanted);
        expect(rulingFor(`${above}/${below}`, false).isWanted).toBe(false);
        expect(rulingFor(`${above}/${below}`, true).isWanted).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a file that is wanted lies in directories that are, so that it is found", () => {
    fc.assert(
      fc.property(rules, path, (rules, file) => {
        const rulingFor = rulingOf(rules);
        fc.pre(rulingFor(file, false).isWanted);
        for (let at = file.indexOf("/"); at !== -1; at = file.indexOf("/", at + 1)) {
          expect(rulingFor(file.slice(0, at), true)).toMatchObject({ isWanted: true });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("the first that matches decides: against rules that name one path each", () => {
    const literal = ruleOf(path.map((one) => `/${escapePattern(one)}`));
    fc.assert(
      fc.property(fc.array(literal, { maxLength: 6 }), path, (rules, file) => {
        const first = rules.find((rule) =>
          "include" in rule ? rule.include === `/${file}` : lies(file, rule.exclude.slice(1)),
        );
        const isOpen = rules.length === 0 || rules.some((rule) => "exclude" in rule);
        expect(wantedBy(rules)(file)).toBe(first === undefined ? isOpen : "include" in first);
      }),
      { numRuns: 2_000 },
    );
  });

  test("what a rule behind the one that decided says changes nothing", () => {
    fc.assert(
      fc.property(rules, rules, path, fc.boolean(), (rules, more, one, isDirectory) => {
        const ruling = rulingOf(rules)(one, isDirectory);
        fc.pre(ruling.rule !== undefined);
        expect(rulingOf([...rules, ...more])(one, isDirectory)).toEqual(ruling);
      }),
    );
  });

  test("at the top an exclude leaves out what the same include takes, and nothing else", () => {
    fc.assert(
      fc.property(
        pattern,
        path.map((one) => one.replaceAll("/", "")),
        (pattern, file) => {
          expect(wantedBy([{ exclude: pattern }])(file)).toBe(!wantedBy([{ include: pattern }])(file));
        },
      ),
    );
  });

  test("an escaped path is that path, and excluded with all in it, and nothing else", () => {
    fc.assert(
      fc.property(anyPath, anyPath, (one, other) => {
        const escaped = `/${escapePattern(one)}`;
        expect(wantedBy([{ include: escaped }])(one)).toBe(true);
        expect(wantedBy([{ include: escaped }])(other)).toBe(other === one);
        expect(wantedBy([{ exclude: escaped }])(other)).toBe(!lies(other, one));
        expect(wantedBy([{ exclude: escaped }])(`${one}/${other}`)).toBe(false);
      }),
    );
  });

  test("a file of rules gives back what was written into it", () => {
    fc.assert(
      fc.property(fc.array(ruleOf(pattern)), fc.constantFrom("\n", "\r\n"), (rules, end) => {
        const lines = rules.map((rule) => ("include" in rule ? `+ ${rule.include}` : `- ${rule.exclude}`));
        const read = parseRules(lines.join(end), "r.txt");
        expect(read).toEqual(rules.map((rule, index) => ({ ...rule, from: `r.txt:${index + 1}` })));
      }),
    );
  });
});
