import { expect, test } from "vitest";
import { foldedName, kindsOf, sampleName } from "../../../src/ftp/name-kinds.ts";

const keys = (name: string) => kindsOf(name).map(({ key }) => key);

test("a plain name has nothing in it that a server might not keep", () => {
  expect(keys("Release_2.0-rc.1.tar.gz")).toEqual([]);
});

test("each sign of ASCII is a kind of its own, and what one character set has is one kind", () => {
  expect(keys("a b&c&d")).toEqual(["the character  ", "the character &"]);
  expect(keys("naïve é")).toEqual(["characters of Latin-1", "the character  "]);
  expect(keys("名前😀\udcff")).toEqual([
    "characters of U+54xx",
    "characters of U+52xx",
    "characters beyond U+FFFF",
    "bytes that are no UTF-8",
  ]);
});

test("blanks and dots count where they are easily lost", () => {
  expect(keys(" a. ")).toEqual(["the character  ", "a leading blank", "a trailing blank"]);
  expect(keys("a.")).toEqual(["a trailing dot"]);
});

test("a sample has every kind in its place, and nothing else beside the stem", () => {
  expect(sampleName("stem", kindsOf("ï.txt "))).toBe("stem-ï -x ");
  expect(sampleName("stem", kindsOf("plain"))).toBe("stem");
});

test("names that differ in case or composition fold to one", () => {
  expect(foldedName("CAF\u00c9")).toBe(foldedName("cafe\u0301"));
  expect(foldedName("a")).not.toBe(foldedName("b"));
});
