import { z } from "zod";
import { choice } from "../../config/schema/fields.ts";
import { TreeMeter } from "../../copy/limits.ts";
import { walk } from "../../files/walk.ts";
import { connectionOptions } from "../../config/schema/connection-options.ts";
import type { ListedTime, ListingEntry } from "../../ftp/listing/entry.ts";
import { nameOf } from "../../ftp/pathname.ts";
import { Retrier } from "../../transfer/retrier.ts";
import { systemClock } from "../../shared/clock.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { SelectionError } from "../../batch/errors.ts";
import { lookUpPath, listed, type Looking, select } from "../../copy/select.ts";
import type { CopySource } from "../../copy/plan.ts";
import { chosen } from "../chosen.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { outputOf } from "../output/chosen-output.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { interruptSignal } from "../process/interrupt.ts";
import { summaryOf } from "../process/summary.ts";
import { sourceOf } from "../../wiring/places.ts";
import { about, jsonText, printable } from "../../shared/printable.ts";
import { messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { counted } from "../../shared/units.ts";

/** What the command line says of a listing. */
interface LsFlags extends CommonOptions {
  readonly retries?: string;
  readonly tls?: string;
  readonly timeout?: string;
  readonly recursive?: boolean;
  readonly sort?: string;
  readonly total?: boolean;
  readonly logFile?: string;
}

const LsOptions = z.strictObject({ sort: choice("name", "size", "time").default("name") });
type Order = z.output<typeof LsOptions>["sort"];

const Options = z.strictObject(connectionOptions);

/** `fxpd ls LOCATION` */
export async function lsCommand(location: string, given: LsFlags): Promise<number> {
  const output = outputOf(given, `ls ${location}`);
  const signal = interruptSignal();
  const deps = { clock: systemClock, transcript: output.transcript };
  const startedMs = performance.now();
  const total = { files: 0, directories: 0, bytes: 0 };
  let failed = 0;
  let first: string | undefined;
  const ended = (status: number, because = first) => {
    const hasShown = total.files + total.directories > 0;
    if (given.json === true)
      process.stdout.write(`${summaryOf({ status, hasShown, failed, because, startedMs })}\n`);
    return status;
  };
  let side: Side | undefined;
  try {
    output.open?.();
    const { retries, ...overrides } = chosen(Options, given, {});
    const { sort } = chosen(LsOptions, given, {});
    const source = await sourceOf(location, { directories: directoriesOf(given), overrides, deps });
    side = source.place.connect();
    const isTree = given.recursive === true || source.pattern.kind === "glob";
    const ahead = isTree ? (await import("../list-ahead.ts")).listAhead(output.fault) : undefined;
    const retrier = new Retrier({ retries }, { ...deps, chance: Math.random });
    const looking = { side, retrier, ahead, signal };
    const show = given.json === true ? showJson : showLine;
    const fault = (path: string, because: string) => {
      failed += 1;
      first ??= about(source.place.at(path), because);
      output.fault(about(source.place.at(path), because));
    };
    const entries = given.recursive === true ? treeOf(source, looking, fault) : entriesOf(source, looking);
    const isStreamed = given.json === true && given.sort === undefined;
    for await (const entry of isStreamed ? entries : sorted(entries, sort)) {
      if (entry.kind === "directory") total.directories += 1;
      else total.files += 1;
      if (entry.kind === "file") total.bytes += entry.sizeBytes ?? 0;
      process.stdout.write(show(entry));
    }
    const sums = `${counted(total.files, "file")}, ${counted(total.directories, "directory", "directories")}, ${counted(total.bytes, "byte")}`;
    if (given.total === true)
      process.stdout.write(
        given.json === true
          ? `${jsonText({ event: "total", ...total, at: isoTime(Date.now()) })}\n`
          : `total: ${sums}\n`,
      );
    output.log?.(`${failed > 0 ? "partial" : "succeeded"}: ${sums}`);
    return ended(failed > 0 ? EXIT.someFailed : EXIT.done);
  } catch (error) {
    const because = signal.aborted ? "interrupted" : messageOf(error);
    output.fault(because);
    output.log?.(signal.aborted ? "cancelled" : "failed");
    return ended(signal.aborted ? EXIT.interrupted : statusOfError(error), because);
  } finally {
    await side?.close();
    output.end();
  }
}

/** A directory's entries, one file, or the files that match. */
async function* entriesOf({ pattern, shown }: CopySource, looking: Looking): AsyncGenerator<ListingEntry> {
  if (pattern.kind === "glob") {
    for await (const found of select(pattern, shown, looking)) {
      if (found.kind === "fault") throw new SelectionError(`${found.path}: ${found.because}`);
      if (found.kind === "file") yield { name: found.path, ...found.facts };
    }
    return;
  }
  const facts = await lookUpPath(looking, pattern.path);
  if (facts?.kind === "file") yield { name: nameOf(pattern.path), ...facts };
  else if (facts === undefined) throw new SelectionError(`${shown}: no such file or directory`);
  else {
    const { entries, unread } = await listed(looking, pattern.path);
    yield* entries;
    if (unread !== undefined) throw unread;
  }
}

/** All below a directory, by paths from there; symbolic links are not followed. */
async function* treeOf(
  source: CopySource,
  looking: Looking,
  fault: (path: string, because: string) => void,
): AsyncGenerator<ListingEntry> {
  const { pattern } = source;
  const isDirectory =
    pattern.kind === "path" && (await lookUpPath(looking, pattern.path))?.kind === "directory";
  if (!isDirectory) {
    yield* entriesOf(source, looking);
    return;
  }
  for await (const step of walk(looking, new TreeMeter(), pattern.path)) {
    if (step.kind === "entry") yield { ...step.entry, name: step.relative };
    if (step.kind !== "fault") continue;
    if (step.path === pattern.path && step.error instanceof Error) throw step.error;
    fault(step.path, step.because);
  }
}

async function* sorted(entries: AsyncIterable<ListingEntry>, by: Order): AsyncGenerator<ListingEntry> {
  const all: ListingEntry[] = [];
  try {
    for await (const entry of entries) all.push(entry);
  } finally {
    // What is known is shown, also where not all is known.
    yield* all.sort(orders[by]);
  }
}

const byName = (a: ListingEntry, b: ListingEntry) => (a.name < b.name ? -1 : 1);
const orders: Readonly<Record<Order, (a: ListingEntry, b: ListingEntry) => number>> = {
  name: byName,
  size: (a, b) => (b.sizeBytes ?? -1) - (a.sizeBytes ?? -1) || byName(a, b),
  time: (a, b) => (b.modified?.atMs ?? 0) - (a.modified?.atMs ?? 0) || byName(a, b),
};

function showJson({ modified, ...entry }: ListingEntry): string {
  const time = modified === undefined ? {} : { modified: { ...modified, at: isoTime(modified.atMs) } };
  return `${jsonText({ event: "entry", ...entry, ...time, at: isoTime(Date.now()) })}\n`;
}

const LETTER = { file: "-", directory: "d", link: "l", other: "?", unknown: "?" } as const;

function showLine(entry: ListingEntry): string {
  const size = entry.sizeBytes === undefined ? "-" : String(entry.sizeBytes);
  const link = entry.linkTarget === undefined ? "" : ` -> ${entry.linkTarget}`;
  const name = entry.kind === "directory" ? `${entry.name}/` : `${entry.name}${link}`;
  return `${LETTER[entry.kind]} ${size.padStart(14)}  ${timeOf(entry.modified)}  ${printable(name)}\n`;
}

/** As exact as it is known; a time whose zone is not known has no zone. */
function timeOf(time: ListedTime | undefined): string {
  if (time === undefined) return "-".padEnd(20);
  const text = isoTime(time.precision === "day" ? (time.listedMs ?? time.atMs) : time.atMs);
  const isUtc = time.zone === "utc" && !(time.precision === "day" && time.listedMs !== undefined);
  const length = { second: 19, minute: 16, day: 10 }[time.precision];
  return `${text.slice(0, length).replace("T", " ")}${isUtc ? "Z" : ""}`.padEnd(20);
}
