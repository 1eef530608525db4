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

test("how many times as fast several workers are is in the table", async () => {
  const results = JSON.parse(await readFile(RESULTS, "utf8")) as Results;
  const one = { name: "workers-50", files: 1_500, roundTripMs: 50, because: undefined };
  const seconds = [
    [1, 20],
    [2, 10],
    [4, undefined],
  ] as const;
  expect(readmeBlock({ ...results, workers: [{ ...one, seconds }] })).toMatch(
    /mirror by the daemon, 1,500 files, 16 lanes, 50 ms, one worker; 2 workers 2\.00 ×, 4 workers – × as fast +\| vsftpd → proftpd +\| +20\.00 s \|/,
  );
});
