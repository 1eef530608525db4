import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import type { Figures } from "../../bench/figures.ts";
import { RESULTS } from "../../bench/options.ts";
import { notesOf } from "../../bench/readme-notes.ts";
import type { Results } from "../../bench/readme-table.ts";

type Measured = Results["rows"][number];

let nothing: Results;
let shape: Measured;

beforeAll(async () => {
  const results = JSON.parse(await readFile(RESULTS, "utf8")) as Results;
  const [first] = results.rows;
  if (first === undefined) throw new Error("no row at all");
  shape = first;
  nothing = {
    ...{ ...results, rows: [], daemons: [], workers: [], crowds: [], memory: [] },
    processorSecondsPerFurtherGib: undefined,
  };
});

const client = (name: string, of: Partial<Figures>): Figures => ({
  ...(shape.figures[0] as Figures),
  ...{ client: name, timesFaster: {}, ...of },
});

const row = (name: string, of: Partial<Measured>): Measured => ({ ...shape, name, ...of });

test("what was not measured is not said", () => {
  expect(notesOf(nothing)).toEqual([]);
});

test("a file's processor time is without that of the start, for either client", () => {
  const start = row("start-ls", {
    figures: [client("fxpd", { processorSeconds: 0.1 }), client("lftp", { processorSeconds: 0.01 })],
  });
  const many = row("many-1000-lanes-1-mixed", {
    ...{ source: "vsftpd", target: "proftpd", files: 1_000 },
    figures: [client("fxpd", { processorSeconds: 1.35 }), client("lftp", { processorSeconds: 0.46 })],
  });
  expect(notesOf({ ...nothing, rows: [many, start] })).toContain(
    "Processor time for each of 1,000 small files, vsftpd → proftpd, one lane, without the start of the process: fxpd 1.25 ms, lftp 0.45 ms.",
  );
});

test("a start is compared with a Node that does nothing", () => {
  const start = row("start-ls", {
    figures: [client("fxpd", { seconds: 0.1 }), client("bare Node", { seconds: 0.05 })],
  });
  expect(notesOf({ ...nothing, rows: [start] })).toEqual([
    "`fxpd ls` takes 2.00 times as long as a Node.js that does nothing.",
  ]);
});

test("a large file is compared with the servers driven by hand, several connections with one", () => {
  const large = row("large", {
    ...{ octetsPerFile: 2 ** 31 },
    figures: [client("fxpd", { timesFaster: { "by hand": 0.98 } })],
  });
  const segments = row("segments", {
    ...{ octetsPerFile: 2 ** 28 },
    figures: [
      client("fxpd", { seconds: 10 }),
      client("fxpd auto", { seconds: 20 }),
      client("fxpd, one connection", { seconds: 40 }),
    ],
  });
  const results = { ...nothing, rows: [large, segments], processorSecondsPerFurtherGib: 0.0123 };
  expect(notesOf(results)).toEqual([
    "The file of 2 GiB, server to server: 0.98 times as fast as the same servers driven by hand. Each further GiB takes 0.012 s of processor time.",
    "The file of 256 MiB, to this machine: 4.00 times as fast on four connections as on one; 2.00 times with `--segments auto`.",
  ]);
});

test("the daemon and its workers have a sentence each", () => {
  const daemon = {
    ...{ name: "daemon-10000", files: 10_000, commandLineSeconds: 9, daemonSeconds: 10, timesFaster: 0.9 },
    ...{ commandsPerFile: 0.81, commands: {}, bytesPerFile: 120, because: undefined },
  };
  const seconds = [
    [1, 20],
    [2, 10],
    [4, undefined],
  ] as const;
  const workers = { name: "workers-50", files: 1_500, roundTripMs: 50, because: undefined, seconds };
  expect(notesOf({ ...nothing, daemons: [daemon], workers: [workers] })).toEqual([
    "The daemon needs 0.81 Redis commands for each of 10,000 files, and leaves 120 bytes in Redis. The command line takes 9.00 s for the same tree, so the daemon is 0.90 times as fast.",
    "At 50 ms, 2 workers are 2.00 times, 4 workers are – times as fast as one.",
  ]);
});

test("memory is said for a whole and for its tenth, unless either is no figure", () => {
  const peak = (name: string, files: number, megabytes: number) => ({
    ...{
      name,
      files,
      directories: files / 50,
      residentOctets: megabytes * 1e6,
      seconds: 1,
      because: undefined,
    },
  });
  const memory = [peak("memory-equal-tenth", 100_000, 115), peak("memory-equal", 1_000_000, 131)];
  expect(notesOf({ ...nothing, memory })).toEqual([
    "Memory: a dry run over 1,000,000 files and a target that has them all takes 131 MB at most (resident), one over a tenth of them 115 MB.",
  ]);
  expect(notesOf({ ...nothing, memory: memory.map((one) => ({ ...one, because: "ended with 1" })) })).toEqual(
    [],
  );
});
