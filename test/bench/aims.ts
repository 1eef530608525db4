import { fileURLToPath } from "node:url";
import type { Figures } from "./figures.ts";
import { perFileMs, timesOfOneConnection } from "./readme-notes.ts";
import { alignedTable } from "./markdown.ts";
import type { Results } from "./readme-table.ts";
import { fixed } from "./table.ts";
import { timesOfOne } from "./workers-case.ts";

/** Where the table of aims is. */
export const BENCH_README = fileURLToPath(new URL("README.md", import.meta.url));

/** What fxpd should reach, and where that is in a run. */
interface Aim {
  readonly what: string;
  readonly unit: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** `moreThan`: the peer was ended before it was done. */
  readonly reached: (results: Results) => number | { readonly moreThan: number } | undefined;
}

const MILLION = "dry run of 1,000,000 files";

/** All aims, by row. */
export const AIMS: readonly Aim[] = [
  ...["vsftpd", "proftpd"].flatMap((family) => [
    times(`small-50-${family}`, "lftp", 4),
    times(`small-50-${family}`, "lftp tuned", 2.5),
    roundTrips(`small-50-${family}`, 1.25),
  ]),
  ...["pure-ftpd", "pyftpdlib"].flatMap((family) => [
    times(`small-50-${family}`, "lftp", 2),
    roundTrips(`small-50-${family}`, 2.25),
  ]),
  ...[times("small-50-lanes-8-vsftpd", "lftp", 9), times("small-50-lanes-8-vsftpd", "lftp tuned", 3)],
  ...[times("small-50-lanes-8-proftpd", "lftp", 4.5), times("small-50-lanes-8-proftpd", "lftp tuned", 3)],
  ...[1, 4].flatMap((lanes) =>
    ["vsftpd", "mixed"].map((pair) => times(`many-1000-lanes-${lanes}-${pair}`, "lftp", 1)),
  ),
  ...["vsftpd", "mixed"].map((pair) => processorTime(`many-1000-lanes-1-${pair}`, 0.5)),
  times("tree-10000", "lftp", 2),
  {
    ...{ what: "daemon-10000, beside the command line", unit: " ×", atLeast: 0.9 },
    reached: ({ daemons }) => daemons[0]?.timesFaster,
  },
  {
    ...{ what: "daemon-10000, Redis commands a file", unit: "", atMost: 1 },
    reached: ({ daemons }) => daemons[0]?.commandsPerFile,
  },
  ...[workers(2, 1.8), workers(4, 3.2)],
  ...["vsftpd", "pure-ftpd"].map((family) => seconds(`mirror-again-50-${family}`, 2)),
  ...[times("mirror-again-50-proftpd", "lftp", 8), times("mirror-index-50-proftpd", "lftp", 8)],
  ...["vsftpd", "proftpd", "pure-ftpd"].map((family) => times(`mirror-dry-50-${family}`, "lftp", 8)),
  times("large", "by hand", 0.97),
  {
    ...{ what: "large, processor time of a further GiB", unit: " s", atMost: 0.1 },
    reached: ({ processorSecondsPerFurtherGib }) => processorSecondsPerFurtherGib,
  },
  ...[times("relay-clear", "lftp", 1), times("relay-tls", "lftp", 1)],
  ...["segments", "segments-third-party"].map((name) => segments(name, 3)),
  {
    ...{ what: "start-ls, beside a Node.js that does nothing", unit: " ×", atMost: 2.2 },
    reached: ({ rows }) => {
      const [ours, bare] = ["fxpd", "bare Node"].map((client) => figures(rows, "start-ls", client)?.seconds);
      return ours === undefined || bare === undefined ? undefined : ours / bare;
    },
  },
  { what: `memory, ${MILLION}`, unit: " MB", atMost: 150, reached: (all) => peak(all, "memory-equal") },
  {
    ...{ what: `memory, ${MILLION}, beside a tenth of them`, unit: " ×", atMost: 1.2 },
    reached: (all) => {
      const [many, few] = [peak(all, "memory-equal"), peak(all, "memory-equal-tenth")];
      return many === undefined || few === undefined ? undefined : many / few;
    },
  },
];

/** Every aim, what the run has reached, and whether that is enough. */
export function aimsTable(results: Results): string {
  const lines = AIMS.map(({ what, unit, atLeast, atMost, reached }) => {
    const exact = reached(results);
    const isBound = typeof exact === "object";
    // What is shown is what is judged; a bound is never rounded up.
    const figure = isBound ? Math.floor(exact.moreThan * 100) / 100 : exact;
    const value = figure === undefined ? undefined : Number(fixed(figure, 2));
    const aim = atLeast === undefined ? `≤ ${atMost}${unit}` : `≥ ${atLeast}${unit}`;
    const isMet =
      value !== undefined && value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Infinity);
    const verdict = value === undefined ? "not measured" : isMet ? "yes" : isBound ? "not known" : "no";
    return [what, aim, `${isBound ? "> " : ""}${fixed(value, 2)}${value === undefined ? "" : unit}`, verdict];
  });
  return alignedTable([["row", "aim", "reached", "met"], ...lines], ["left", "right", "right", "left"]);
}

/** How many times as fast as another client; where that was ended before it was done, at least so many times. */
function times(row: string, other: string, atLeast: number): Aim {
  return {
    ...{ what: `${row}, beside ${other}`, unit: " ×", atLeast },
    reached: ({ rows }) => {
      const ours = figures(rows, row, "fxpd");
      const moreThan = ours?.moreTimesFaster[other];
      return moreThan === undefined ? ours?.timesFaster[other] : { moreThan };
    },
  };
}

function roundTrips(row: string, atMost: number): Aim {
  const reached = ({ rows }: Results) => figures(rows, row, "fxpd")?.roundTripsPerFile;
  return { what: `${row}, round trips a file`, unit: "", atMost, reached };
}

function seconds(row: string, atMost: number): Aim {
  const reached = ({ rows }: Results) => figures(rows, row, "fxpd")?.seconds;
  return { what: row, unit: " s", atMost, reached };
}

function processorTime(row: string, atMost: number): Aim {
  return {
    ...{ what: `${row}, processor time a file without the start`, unit: " ms", atMost },
    reached: ({ rows }) => {
      const files = rows.find(({ name }) => name === row)?.files ?? Number.NaN;
      return perFileMs(figures(rows, row, "fxpd"), figures(rows, "start-ls", "fxpd"), files);
    },
  };
}

function segments(row: string, atLeast: number): Aim {
  return {
    ...{ what: `${row}, four connections beside one`, unit: " ×", atLeast },
    reached: ({ rows }) => {
      const found = rows.find(({ name }) => name === row);
      return found && timesOfOneConnection(found, "fxpd");
    },
  };
}

function workers(count: number, atLeast: number): Aim {
  return {
    ...{ what: `workers-50, ${count} workers beside one`, unit: " ×", atLeast },
    reached: (all) => new Map((all.workers ?? []).flatMap(timesOfOne)).get(count),
  };
}

function figures(rows: Results["rows"], row: string, client: string): Figures | undefined {
  return rows.find(({ name }) => name === row)?.figures.find((one) => one.client === client);
}

/** In megabytes. */
function peak({ memory = [] }: Results, name: string): number | undefined {
  const found = memory.find((one) => one.name === name && one.because === undefined);
  return found && found.residentOctets / 1e6;
}
