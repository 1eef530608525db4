import { expect, test } from "vitest";
import { contradiction } from "../../../../src/ftp/status/listing.ts";
import type { ListingEntry } from "../../../../src/ftp/listing/entry.ts";

const file = (name: string, sizeBytes: number): ListingEntry => ({ name, kind: "file", sizeBytes });
const link = (name: string): ListingEntry => ({ name, kind: "link" });

test.each<[string, ListingEntry[], ListingEntry[], ListingEntry[], string | undefined]>([
  ["the same three times", [file("a", 1)], [file("a", 1)], [file("a", 1)], undefined],
  ["a file that grows", [file("a", 1)], [file("a", 2)], [file("a", 3)], undefined],
  ["a file that comes", [], [file("a", 1)], [file("a", 1)], undefined],
  ["a file that goes", [file("a", 1)], [], [], undefined],
  ["another size, twice", [file("a", 1)], [file("a", 2)], [file("a", 1)], "a"],
  ["a name that is not there, twice", [file("a", 1)], [], [file("a", 1)], "a"],
  ["a name that is lacking, twice", [], [file("a", 1)], [], "a"],
  ["another kind, twice", [file("a", 1)], [link("a")], [file("a", 1)], "a"],
])("STAT, LIST and STAT show %s", (_, before, exact, after, name) => {
  expect(contradiction(before, exact, after, false)).toBe(name);
});

test("MLSD has other words for links", () => {
  expect(contradiction([link("a"), link("b")], [file("a", 1)], [link("a"), link("b")], true)).toBeUndefined();
  expect(contradiction([link("a")], [file("a", 1), file("b", 1)], [link("a")], true)).toBe("b");
});
