import type { Figures } from "./figures.ts";
import type { Row } from "./row.ts";

export interface Measured {
  readonly row: Row;
  readonly figures: readonly Figures[];
}

const HEAD = [
  "client",
  "verified",
  "seconds",
  "rate",
  "× lftp",
  "× tuned",
  "× by hand",
  "turns/file",
  "commands/file",
  "round trips/file",
  "between files",
  "CPU s",
];

/** All rows as Markdown, a table for each. */
export function formatTables(measured: readonly Measured[]): string {
  return measured.map(formatTable).join("\n\n");
}

export function formatTable({ row, figures }: Measured): string {
  const lines = [HEAD, HEAD.map((_, index) => (index === 0 ? "---" : "---:")), ...figures.map(cells(row))];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const aligned = lines.map((line, index) =>
    line.map((cell, column) => {
      const width = widths[column] ?? 0;
      if (index === 1) return column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    }),
  );
  const notes = figures.flatMap(({ client, because }) =>
    because === undefined ? [] : [`- ${client}: ${because.replace(/\s+/g, " ")}`],
  );
  return [
    `### ${row.name}`,
    "",
    describe(row),
    "",
    ...aligned.map((line) => `| ${line.join(" | ")} |`),
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ].join("\n");
}

/** What the row is, in one sentence. */
function describe(row: Row): string {
  const many = row.files === 1 ? "1 file" : `${row.files} files`;
  const lanes = row.lanes === 1 ? "1 lane" : `${row.lanes} lanes`;
  const way = row.scene?.name ?? (row.way === "relay" ? "through the client" : "third party");
  const protection = row.isProtected ? ", TLS" : "";
  const limit = row.bytesPerSecond === undefined ? "" : `, ${size(row.bytesPerSecond)}/s for each connection`;
  return `${many} of ${size(row.octetsPerFile)}, ${row.source} → ${row.target}, ${way}${protection}${limit}, ${row.roundTripMs} ms round trip, ${lanes}.`;
}

function cells(row: Row): (figures: Figures) => readonly string[] {
  return (one) => [
    one.client,
    `${one.verified}/${one.runs}`,
    one.moreThanSeconds === undefined ? fixed(one.seconds, 3) : `> ${fixed(one.moreThanSeconds, 0)}`,
    rate(row, one),
    timesOf(one, "lftp"),
    timesOf(one, "lftp tuned"),
    timesOf(one, "by hand"),
    fixed(one.turnsPerFile, 2),
    fixed(one.commandsPerFile, 1),
    fixed(one.roundTripsPerFile, 2),
    fixed(one.roundTripsBetweenFiles, 2),
    fixed(one.processorSeconds, 2),
  ];
}

/** How many times as fast as another, or at least so many times. */
export function timesOf({ timesFaster, moreTimesFaster }: Figures, other: string): string {
  const more = moreTimesFaster[other];
  // A bound is never rounded up.
  return more === undefined ? fixed(timesFaster[other], 2) : `> ${fixed(Math.floor(more * 10) / 10, 1)}`;
}

/** Small files count by number, large ones by bytes. */
function rate(row: Row, { filesPerSecond, octetsPerSecond }: Figures): string {
  if (row.octetsPerFile <= 65_536)
    return filesPerSecond === undefined ? "–" : `${fixed(filesPerSecond, 1)} files/s`;
  return octetsPerSecond === undefined ? "–" : `${fixed(octetsPerSecond / 2 ** 20, 0)} MiB/s`;
}

export function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? "–" : value.toFixed(digits);
}

export function size(octets: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let [value, unit] = [octets, 0];
  while (value >= 1_024 && unit < units.length - 1) [value, unit] = [value / 1_024, unit + 1];
  return `${value} ${units[unit]}`;
}
