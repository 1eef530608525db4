import type { Figures } from "./figures.ts";
import type { Results } from "./readme-table.ts";
import { fixed, size } from "./table.ts";
import { timesOfOne } from "./workers-case.ts";

type Measured = Results["rows"][number];

/** What the README says below its table: a sentence for each figure that no column is for. */
export function notesOf(results: Results): readonly string[] {
  return [
    ...processorNotes(results),
    ...largeNotes(results),
    ...results.rows.filter(({ name }) => name.startsWith("segments")).flatMap(segmentsNote),
    ...startNotes(results),
    ...daemonNotes(results),
    ...workersNotes(results),
    ...memoryNotes(results),
  ];
}

function processorNotes({ rows }: Results): readonly string[] {
  const start = rows.find(({ name }) => name === "start-ls");
  if (start === undefined) return [];
  const lines = rows.filter(({ name }) => name.startsWith("many-1000-lanes-1-"));
  return lines.map((row) => {
    const perFile = (client: string) =>
      fixed(perFileMs(figuresOf(row, client), figuresOf(start, client), row.files), 2);
    const files = row.files.toLocaleString("en");
    return `Processor time for each of ${files} small files, ${serversOf(row)}, one lane, without the start of the process: fxpd ${perFile("fxpd")} ms, lftp ${perFile("lftp")} ms.`;
  });
}

/** Milliseconds of the processor for a file, less what the start alone takes. */
export function perFileMs(
  all: Figures | undefined,
  start: Figures | undefined,
  files: number,
): number | undefined {
  if (all?.processorSeconds === undefined || start?.processorSeconds === undefined) return undefined;
  return ((all.processorSeconds - start.processorSeconds) * 1_000) / files;
}

function largeNotes({ rows, processorSecondsPerFurtherGib }: Results): readonly string[] {
  const row = rows.find(({ name }) => name === "large");
  if (row === undefined) return [];
  const byHand = figuresOf(row, "fxpd")?.timesFaster["by hand"];
  return [
    `The file of ${size(row.octetsPerFile)}, server to server: ${fixed(byHand, 2)} times as fast as the same servers driven by hand. Each further GiB takes ${fixed(processorSecondsPerFurtherGib, 3)} s of processor time.`,
  ];
}

function segmentsNote(row: Measured): readonly string[] {
  const times = (client: string) => fixed(timesOfOneConnection(row, client), 2);
  const where = row.name === "segments" ? "to this machine" : "server to server";
  return [
    `The file of ${size(row.octetsPerFile)}, ${where}: ${times("fxpd")} times as fast on four connections as on one; ${times("fxpd auto")} times with \`--segments auto\`.`,
  ];
}

/** How many times as fast as fxpd on one connection. */
export function timesOfOneConnection(row: Measured, client: string): number | undefined {
  const [one, many] = ["fxpd, one connection", client].map((name) => figuresOf(row, name)?.seconds);
  return one === undefined || many === undefined ? undefined : one / many;
}

function startNotes({ rows }: Results): readonly string[] {
  const row = rows.find(({ name }) => name === "start-ls");
  const [ours, bare] = ["fxpd", "bare Node"].map((client) => row && figuresOf(row, client)?.seconds);
  if (ours === undefined || bare === undefined) return [];
  return [`\`fxpd ls\` takes ${fixed(ours / bare, 2)} times as long as a Node.js that does nothing.`];
}

function daemonNotes({ daemons }: Results): readonly string[] {
  return daemons.map(
    (one) =>
      `The daemon needs ${fixed(one.commandsPerFile, 2)} Redis commands for each of ${one.files.toLocaleString("en")} files, and leaves ${fixed(one.bytesPerFile, 0)} bytes in Redis. The command line takes ${fixed(one.commandLineSeconds, 2)} s for the same tree, so the daemon is ${fixed(one.timesFaster, 2)} times as fast.`,
  );
}

function workersNotes({ workers = [] }: Results): readonly string[] {
  return workers.map((all) => {
    const times = timesOfOne(all).map(([count, more]) => `${count} workers are ${fixed(more, 2)} times`);
    return `At ${all.roundTripMs} ms, ${times.join(", ")} as fast as one.`;
  });
}

/** What grows with the number of files: pairs of a run and of one with a tenth of its files. */
function memoryNotes({ memory = [], crowds = [] }: Results): readonly string[] {
  const megabytes = ({ residentOctets }: { readonly residentOctets: number }) =>
    `${fixed(residentOctets / 1e6, 0)} MB`;
  const pairs = <T extends { readonly name: string; readonly because: string | undefined }>(
    all: readonly T[],
  ) =>
    all.flatMap((many) => {
      const few = all.find(({ name }) => name === `${many.name}-tenth`);
      return few === undefined || few.because !== undefined || many.because !== undefined
        ? []
        : [{ few, many }];
    });
  return [
    ...pairs(memory).map(({ few, many }) => {
      const files = many.files.toLocaleString("en");
      const target = many.name.endsWith("equal") ? "a target that has them all" : "an empty target";
      return `Memory: a dry run over ${files} files and ${target} takes ${megabytes(many)} at most (resident), one over a tenth of them ${megabytes(few)}.`;
    }),
    ...pairs(crowds).map(
      ({ few, many }) =>
        `Memory: ${many.files.toLocaleString("en")} files copied in 8 lanes take ${megabytes(many)} at most, a tenth of them ${megabytes(few)}. The servers saw ${many.mostSessions} connections at once at most.`,
    ),
  ];
}

function figuresOf({ figures }: Measured, client: string): Figures | undefined {
  return figures.find((one) => one.client === client);
}

function serversOf({ source, target }: Measured): string {
  return source === target ? source : `${source} → ${target}`;
}
