import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { RESULTS } from "../../bench/options.ts";
import { blockOf, README, type Results, readmeBlock, withBlock } from "../../bench/readme-table.ts";

test("the README's table is what the committed figures of one run give", async () => {
  const results = JSON.parse(await readFile(RESULTS, "utf8")) as Results;
  const readme = await readFile(README, "utf8");
  expect(blockOf(readme)).toBe(readmeBlock(results));
  expect(withBlock(readme, readmeBlock(results))).toBe(readme);
});

test("a README without the marks is left alone", () => {
  expect(() => withBlock("# fxpd", "a table")).toThrow("the marks of the table are missing");
});
