import { expect, test } from "vitest";
import { suggestion } from "../../../../src/config/load/nearest.ts";

const KNOWN = ["fxp", "parallel", "onExists", "passwordFrom", "tls"];

test.each([
  ["fpx", "fxp", "neighbours swapped"],
  ["paralel", "parallel", "a letter missing"],
  ["onExist", "onExists", "a letter missing at the end"],
  ["on-exists", "onExists", "as on the command line"],
  ["PasswordFrom", "passwordFrom", "another case"],
  ["tsl", "tls", "neighbours swapped"],
])("%s means %s: %s", (word, meant) => {
  expect(suggestion(word, KNOWN)).toBe(`; did you mean ${meant}?`);
});

test("what is far from every word gets no suggestion", () => {
  expect(suggestion("colour", KNOWN)).toBe("");
  expect(suggestion("x", [])).toBe("");
});
