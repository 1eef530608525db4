import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { aimsTable, BENCH_README } from "../../bench/aims.ts";
import { RESULTS } from "../../bench/options.ts";
import { blockOf, README, type Results, readmeBlock, withBlock } from "../../bench/readme-table.ts";

test("the README's table is what the committed figures of one run give", async () => {
  const results = JSON.parse(await readFile(RESULTS, "utf8")) as Results;
  const readme = await readFile(README, "utf8");
  expect(blockOf(readme)).toBe(readmeBlock(results));
  expect(withBlock(readme, readmeBlock(results))).toBe(readme);
});

test("the table of aims is what the same figures give, and none of its aims was left out of that run", async () => {
  const results = JSON.parse(await readFile(RESULTS, "utf8")) as Results;
  const readme = await readFile(BENCH_README, "utf8");
  expect(blockOf(readme)).toBe(aimsTable(results));
  expect(aimsTable(results)).not.toContain("not measured");
});

test("an aim is met by its figure alone, and one without a figure is not", async () => {
  const results = JSON.parse(await readFile(RESULTS, "utf8")) as Results;
  const verdictOf = (all: Results, what: string) =>
    aimsTable(all)
      .split("\n")
      .find((line) => line.includes(`| ${what} `))
      ?.split("|")
      .slice(2, 5)
      .map((cell) => cell.trim());
  const gib = "large, processor time of a further GiB";
  expect(verdictOf({ ...results, processorSecondsPerFurtherGib: 0.1 }, gib)).toEqual([
    "≤ 0.1 s",
    "0.10 s",
    "yes",
  ]);
  expect(verdictOf({ ...results, processorSecondsPerFurtherGib: 0.11 }, gib)).toEqual([
    "≤ 0.1 s",
    "0.11 s",
    "no",
  ]);
  expect(verdictOf({ ...results, processorSecondsPerFurtherGib: undefined }, gib)).toEqual([
    ...["≤ 0.1 s", "–", "not measured"],
  ]);
  expect(verdictOf({ ...results, daemons: [] }, "daemon-10000, beside the command line")?.[2]).toBe(
    "not measured",
  );
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
