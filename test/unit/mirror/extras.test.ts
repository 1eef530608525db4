import { expect, test } from "vitest";
import { Extras } from "../../../src/mirror/decide/extras.ts";

test("a few of half a million files that only the target has are left out of the deletions", () => {
  const extras = new Extras();
  const count = 500_000;
  for (let index = 0; index < count; index += 1) extras.add(`f${index}`, { name: `f${index}`, kind: "file" });
  extras.forget(new Set(["f1", "f3"]));
  expect(extras.files).toHaveLength(count - 2);
  expect(extras.files.slice(0, 3).map(({ path }) => path)).toEqual(["f0", "f2", "f4"]);
});
