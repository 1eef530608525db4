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

test("rows for the daemon, its workers and segments say what they are", async () => {
  const results = JSON.parse(await readFile(RESULTS, "utf8")) as Results;
  const [row] = results.rows;
  if (row === undefined) throw new Error("no row at all");
  const workers = { name: "workers-50", files: 1_500, roundTripMs: 50, because: undefined };
  const third = { name: "segments-third-party", octetsPerFile: 2 ** 28, bytesPerSecond: 2 ** 23, lanes: 1 };
  const block = readmeBlock({
    ...results,
    rows: [{ ...row, ...third }],
    workers: [{ ...workers, seconds: [[1, 20]] }],
  });
  expect(block).toMatch(
    /\| mirror of 1,500 files by the daemon, one worker, 16 lanes, 50 ms +\| vsftpd → proftpd +\| +20\.00 s \|/,
  );
  expect(block).toContain("| one file of 256 MiB, server to server, four connections of 8 MiB/s (lftp: one)");
});
