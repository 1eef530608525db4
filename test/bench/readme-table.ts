import { fileURLToPath } from "node:url";
import type { Crowd } from "./crowd.ts";
import type { DaemonFigures } from "./daemon-case.ts";
import type { Figures } from "./figures.ts";
import type { Peak } from "./memory.ts";
import { alignedTable } from "./markdown.ts";
import { notesOf } from "./readme-notes.ts";
import type { Row } from "./row.ts";
import { fixed, size, timesOf } from "./table.ts";
import type { WorkersFigures } from "./workers-case.ts";

export const README = fileURLToPath(new URL("../../README.md", import.meta.url));

/** What a run of the bench writes, as far as the README's table is made of it. */
export interface Results {
  readonly at: string;
  readonly machine: { readonly processors: number; readonly node: string };
  readonly lftp: string;
  readonly options: { readonly rounds: number; readonly isQuick: boolean; readonly stateIn: string };
  /** What fxpd spends on a further GiB from server to server; absent without the two large files. */
  readonly processorSecondsPerFurtherGib?: number | undefined;
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly rows: readonly (Omit<Row, "clients" | "scene"> & { readonly figures: readonly Figures[] })[];
  readonly daemons: readonly DaemonFigures[];
  readonly workers?: readonly WorkersFigures[];
  readonly crowds?: readonly Crowd[];
  readonly memory?: readonly Peak[];
}

const [BEGIN, END] = ["<!-- Made by `npm run bench -- --table`: begin -->", "<!-- end -->"];

/** A text with what stands between the marks replaced. @throws Error where they are not there */
export function withBlock(text: string, block: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error("the marks of the table are missing");
  return `${text.slice(0, begin + BEGIN.length)}\n\n${block}\n\n${text.slice(end)}`;
}

/** What stands between the marks. */
export function blockOf(text: string): string {
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)).trim();
}

/** The sentence that says how it was measured, the table, and what does not fit into it. */
export function readmeBlock(all: Results): string {
  const { at, machine, lftp, options, ...results } = all;
  const rounds = options.rounds === 1 ? "one round" : `medians of ${options.rounds} rounds`;
  const [date] = at.split("T");
  const load = `${fixed(results.loadBefore, 1)} before and ${fixed(results.loadAfter, 1)} after`;
  const how = `${date}: ${rounds}${options.isQuick ? " of the quick form, with fewer files," : ""} on ${machine.processors} cores, Node.js ${machine.node.slice(1)}, lftp ${lftp}, fxpd's state on ${options.stateIn === "disk" ? "a disk" : "memory"}; load average ${load} the run.`;
  const lines = [
    ["what", "servers", "fxpd", "lftp", "× lftp", "× lftp tuned", "round trips a file"],
    ...results.rows.flatMap(lineOf),
    ...results.daemons.map(daemonLine),
    ...(results.workers ?? []).map(workersLine),
  ];
  const notes = notesOf(all).map((note) => `- ${note}`);
  const table = alignedTable(lines, ["left", "left", "right", "right", "right", "right", "right"]);
  return [how, "", table, ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}

type Measured = Results["rows"][number];

function lineOf(row: Measured): readonly string[][] {
  const of = (name: string) => row.figures.find(({ client }) => client === name);
  const fxpd = of("fxpd");
  if (fxpd === undefined || row.name === "large-quarter") return [];
  const seconds = (figures: Figures | undefined) => {
    if (figures === undefined) return "";
    if (figures.moreThanSeconds !== undefined) return `> ${fixed(figures.moreThanSeconds, 0)} s`;
    return figures.seconds === undefined ? "failed" : `${fixed(figures.seconds, 2)} s`;
  };
  const known = (text: string) => (text === "–" ? "" : text);
  const servers = row.source === row.target ? row.source : `${row.source} → ${row.target}`;
  return [
    [
      ...[whatOf(row), servers, seconds(fxpd), seconds(of("lftp"))],
      ...[
        known(timesOf(fxpd, "lftp")),
        known(timesOf(fxpd, "lftp tuned")),
        known(fixed(fxpd.roundTripsPerFile, 2)),
      ],
    ],
  ];
}

function whatOf(row: Measured): string {
  const lanes = row.lanes === 1 ? "one lane" : `${row.lanes} lanes`;
  const far = `${row.roundTripMs} ms`;
  const files = row.files.toLocaleString("en");
  if (row.name === "start-ls") return "`ls` of a small directory, with the start of the process";
  if (row.name.startsWith("large")) return `one file of ${size(row.octetsPerFile)}, server to server`;
  if (row.name.startsWith("relay"))
    return `one file of ${size(row.octetsPerFile)}, relay, ${row.isProtected ? "TLS" : "without TLS"}`;
  if (row.name.startsWith("segments") && row.bytesPerSecond !== undefined) {
    const [to, peer] =
      row.name === "segments" ? ["to this machine", "`pget -n 4`"] : ["server to server", "one"];
    return `one file of ${size(row.octetsPerFile)}, ${to}, four connections of ${size(row.bytesPerSecond)}/s (lftp: ${peer})`;
  }
  if (row.name.startsWith("mirror-dry")) return `dry run, ${files} files, ${lanes}, ${far}`;
  if (row.name.startsWith("mirror-again"))
    return `mirror with nothing to do, ${files} files, ${lanes}, ${far}`;
  if (row.name.startsWith("mirror-index"))
    return `mirror with nothing to do, with an index, ${files} files, ${lanes}, ${far}`;
  if (row.name.startsWith("mirror-first")) return `mirror of ${files} small files, ${lanes}, ${far}`;
  if (row.name.startsWith("tree"))
    return `mirror of ${files} files in ${row.files / 100} directories, ${lanes}, ${far}`;
  return `${files} files of 4 KiB, ${lanes}, ${far}`;
}

function daemonLine({ files, daemonSeconds }: DaemonFigures): string[] {
  const what = `mirror of ${files.toLocaleString("en")} files in ${files / 100} directories, 4 lanes, 0 ms, by the daemon`;
  return [what, "vsftpd → proftpd", `${fixed(daemonSeconds, 2)} s`, "", "", "", ""];
}

function workersLine({ files, roundTripMs, seconds }: WorkersFigures): string[] {
  const what = `mirror of ${files.toLocaleString("en")} files by the daemon, one worker, 16 lanes, ${roundTripMs} ms`;
  return [what, "vsftpd → proftpd", `${fixed(seconds[0]?.[1], 2)} s`, "", "", "", ""];
}
