import { randomBytes } from "node:crypto";
import { jsonText } from "../../shared/printable.ts";
import { HOST_NAME } from "../../config/locations/location.ts";
import { NoDataConnectionError, ReplyError } from "../../ftp/errors.ts";
import { joinPath } from "../../ftp/pathname.ts";
import { systemClock } from "../../shared/clock.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { ownStateDirectory } from "../../state/directory.ts";
import { fileMemory } from "../../state/memory.ts";
import { type Memory, shortMemory } from "../../transfer/memory.ts";
import {
  type Diagnosis,
  diagnose,
  type Examination,
} from "../../transfer/move/third-party/diagnose/diagnose.ts";
import { keepWaysIn } from "../../transfer/sides/kept-ways.ts";
import { FtpSide } from "../../transfer/sides/ftp-side.ts";
import { probePath, storeProbe, tryStoring } from "../../transfer/move/third-party/diagnose/probe-file.ts";
import { Route, routeKey } from "../../transfer/move/third-party/route.ts";
import { Traces } from "../../transfer/move/third-party/diagnose/traces.ts";
import { type CommonOptions, directoriesOf, outputOf } from "../command-line.ts";
import { DoctorReport, type Verdict } from "../output/doctor-report.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { interruptSignal } from "../process/interrupt.ts";
import type { Output } from "../output/output.ts";
import { type Surroundings, targetOf } from "../../wiring/places.ts";

/** What one method may take, and for each byte that is moved. */
const LIMIT_MS = 30_000;
const LIMIT_MS_PER_OCTET = 0.001;

/** `fxpd doctor SOURCE TARGET` */
export async function doctorCommand(
  from: string,
  to: string,
  given: CommonOptions & { readonly file?: string },
): Promise<number> {
  // As for programs: faults and the conversation, and no live lines, which tell of files in flight.
  const output = outputOf({ ...given, json: true });
  const signal = interruptSignal();
  const show = showerOf(given);
  const diagnoses: Diagnosis[] = [];
  const traces = new Traces();
  let sides: readonly FtpSide[] = [];
  let route: Route | undefined;
  try {
    const deps = { clock: systemClock, transcript: output.transcript };
    const surroundings = { directories: directoriesOf(given), overrides: {}, deps };
    const [source, target] = [await placeOf(from, surroundings), await placeOf(to, surroundings)];
    sides = [source.side, target.side];
    const memory = keptMemory();
    const prepared = await prepare(source, target, given.file, traces, signal);
    route = await Route.recall(routeKey(source.key, target.key), memory, systemClock);
    const examination = { ...prepared, route };
    show.begin(await titleOf(source.side, signal), await titleOf(target.side, signal));
    for await (const diagnosis of diagnose(examination, signal)) {
      diagnoses.push(diagnosis);
      show.method(diagnosis, { source: source.side.name, target: target.side.name });
    }
    const verdict = verdictOf(diagnoses, await traces.clear());
    show.end(verdict);
    tellLeft(output, verdict);
    return verdict.works.length > 0 ? EXIT.done : EXIT.someFailed;
  } catch (error) {
    const because = signal.aborted ? "interrupted" : messageOf(error);
    const verdict = verdictOf(diagnoses, await traces.clear());
    show.end({ ...verdict, outcome: signal.aborted ? "cancelled" : "failed", because });
    output.fault(because);
    tellLeft(output, verdict);
    return signal.aborted ? EXIT.interrupted : statusOfError(error);
  } finally {
    await Promise.all(sides.map((side) => side.close()));
    await route?.settled();
    output.end();
  }
}

interface Place {
  readonly side: FtpSide;
  readonly path: string;
  /** See `Place` of the pool. */
  readonly key: string;
}

/** A bare name is a host; anything else is a location, and its path the directory to try in. */
async function placeOf(text: string, surroundings: Surroundings): Promise<Place> {
  const { place, path } = await targetOf(HOST_NAME.test(text) ? `${text}:` : text, surroundings);
  const side = place.connect();
  if (side instanceof FtpSide) return { side, path, key: place.key };
  throw new ConfigError(`"${text}" is on this machine; expected a host, host:path or a URL`);
}

/** What transfers remember; where nothing can be kept, it was shown all the same. */
function keptMemory(): Memory {
  try {
    const memory = fileMemory(ownStateDirectory(process.env));
    keepWaysIn(memory, systemClock);
    return memory;
  } catch {
    return shortMemory();
  }
}

/** The file to move is there, and the target takes files. @throws what a side said */
async function prepare(
  source: Place,
  target: Place,
  file: string | undefined,
  traces: Traces,
  signal: AbortSignal,
): Promise<Examination> {
  const nonce = randomBytes(6).toString("hex");
  const path = file === undefined ? probePath(source.path, nonce) : joinPath(source.path, file);
  // One after the other: a connection that is made while the other fails would be nobody's.
  await source.side.ready(signal);
  await target.side.ready(signal);
  if (file === undefined) await storeAtSource(source.side, path, traces, signal);
  const facts = await source.side.facts(path, signal);
  if (facts === undefined || facts.kind === "directory")
    throw new ConfigError(`${source.side.name}: ${path}: no such file`, "--file");
  await tryStoring(target.side, probePath(target.path, `${nonce}-0`), traces, signal);
  return {
    source: { side: source.side, path },
    target: { side: target.side, directory: target.path },
    nonce,
    traces,
    limitMs: LIMIT_MS + (facts.sizeBytes ?? 0) * LIMIT_MS_PER_OCTET,
    clock: systemClock,
  };
}

/** @throws what the side said; how to do without, in the same sentence */
async function storeAtSource(
  side: FtpSide,
  path: string,
  traces: Traces,
  signal: AbortSignal,
): Promise<void> {
  try {
    await storeProbe(side, path, traces, signal);
  } catch (error) {
    if (!(error instanceof ReplyError) && !(error instanceof NoDataConnectionError)) throw error;
    throw new Error(`${messageOf(error)}; to test with an existing file, use --file PATH`, { cause: error });
  }
}

async function titleOf(side: FtpSide, signal: AbortSignal): Promise<string> {
  const { family } = (await side.client(signal)).session;
  return `${side.name} (${family ?? "unknown server software"})`;
}

function verdictOf(diagnoses: readonly Diagnosis[], left: readonly string[]): Verdict {
  const works = diagnoses.flatMap((one) => (one.outcome === "works" ? [one.method] : []));
  const advice = diagnoses.flatMap((one) => (one.outcome === "works" ? [] : one.advice));
  return { outcome: works.length > 0 ? "succeeded" : "failed", works, advice: [...new Set(advice)], left };
}

function tellLeft(output: Output, { left }: Verdict): void {
  for (const path of left) output.fault(`${path} could not be removed`);
}

type Shower = Pick<DoctorReport, "begin" | "method" | "end">;

function showerOf({ json, quiet }: CommonOptions): Shower {
  if (json === true) return JSON_LINES;
  const write = (text: string) => void (quiet !== true && process.stdout.write(text));
  return new DoctorReport(write, process.stdout.columns);
}

const JSON_LINES: Shower = {
  begin: () => {},
  method: (diagnosis) => writeLine({ event: "method", at: isoTime(Date.now()), ...diagnosis }),
  end: (verdict) => writeLine({ event: "summary", at: isoTime(Date.now()), ...verdict }),
};

function writeLine(value: object): void {
  process.stdout.write(`${jsonText(value)}\n`);
}
