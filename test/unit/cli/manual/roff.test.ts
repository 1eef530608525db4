import { describe, expect, test } from "vitest";
import { escaped, manualPage } from "../../../../src/cli/manual/roff.ts";

const HEADING = { name: "tool", section: 1, source: "tool 1.2" };
const page = (...blocks: Parameters<typeof manualPage>[1]) =>
  manualPage(HEADING, blocks).trimEnd().split("\n").slice(1);

describe("text is printed character by character", () => {
  test.each([
    ["a hyphen can be copied from the page and typed", "--dry-run", "\\-\\-dry\\-run"],
    ["a backslash begins no escape", "a\\fBb", "a\\efBb"],
    ["quotes stay straight", `'a' "b" \`c\``, "\\(aqa\\(aq \\(dqb\\(dq \\(gac\\(ga"],
    ["a tilde and a caret are no accents", "~/x^2", "\\(ti/x\\(ha2"],
    ["other characters are named", "é…😀", "\\[u00E9]\\[u2026]\\[u1F600]"],
    ["control characters are named", "\u001b[31m", "\\[u001B][31m"],
  ])("%s", (_, text, expected) => expect(escaped(text)).toBe(expected));

  test("a line that begins with a dot or an apostrophe is no request", () => {
    expect(page({ kind: "lines", text: ".so /etc/passwd\n  .TH\n'x" })).toEqual([
      ".PP",
      ".nf",
      "\\&.so /etc/passwd",
      "  .TH",
      "\\&\\(aqx",
      ".fi",
    ]);
    expect(page({ kind: "text", text: ".netrc is read" })).toEqual([".PP", "\\&.netrc is read"]);
    expect(page({ kind: "item", term: ".netrc", text: ".x" })).toEqual([".TP", "\\fB.netrc\\fR", "\\&.x"]);
  });

  test("an argument of a macro ends where it should", () => {
    expect(page({ kind: "subsection", title: 'say "yes"\nno' })).toEqual(['.SS "say \\(dqyes\\(dq no"']);
  });
});

test("blank lines separate paragraphs, and other line ends are filled", () => {
  expect(page({ kind: "text", text: "one\ntwo\n\nthree" })).toEqual([".PP", "one two", ".PP", "three"]);
  expect(page({ kind: "item", term: "x", text: "one\n\ntwo" })).toEqual([
    ".TP",
    "\\fBx\\fR",
    "one",
    ".IP",
    "two",
  ]);
});

test("the heading names the page, its section and the version", () => {
  expect(manualPage(HEADING, [])).toBe('.TH "TOOL" 1 "" "tool 1.2" "tool manual"\n');
});
