import { randomBytes } from "node:crypto";
import { HOST_NAME } from "../config/locations/location.ts";
import { NoDataConnectionError, ReplyError } from "../ftp/errors.ts";
import { joinPath } from "../ftp/pathname.ts";
import type { Clock } from "../shared/clock.ts";
import { ConfigError, messageOf } from "../shared/errors.ts";
import type { Memory } from "../transfer/memory.ts";
import {
  type Diagnosis,
  diagnose,
  type Examination,
} from "../transfer/move/third-party/diagnose/diagnose.ts";
import { probePath, storeProbe, tryStoring } from "../transfer/move/third-party/diagnose/probe-file.ts";
import { Traces } from "../transfer/move/third-party/diagnose/traces.ts";
import { Route, routeKey } from "../transfer/move/third-party/route.ts";
import { FtpSide } from "../transfer/sides/ftp-side.ts";
import type { FileFacts } from "../transfer/sides/side.ts";
import { type LocationContext, targetOf } from "./places.ts";

/** What one method may take. */
const LIMIT_MS = 30_000;
const LIMIT_MS_PER_BYTE = 0.001;

/** What all methods between two servers together say. */
export interface MethodsVerdict {
  readonly outcome: "succeeded" | "failed" | "cancelled";
  /** Names of the methods that work, the likeliest first. */
  readonly works: readonly string[];
  /** What to set on which server, each sentence once. */
  readonly advice: readonly string[];
  /** What could not be removed. */
  readonly left: readonly string[];
  /** Why not everything was tried. */
  readonly because?: string;
}

/** Which two servers are examined, and with what. */
export interface ExaminationRequest {
  /** A bare name is a host; anything else is a location, and its path the directory to try in. */
  readonly source: string;
  readonly target: string;
  /** A file of the source to move; absent: one is stored there, and removed in the end. */
  readonly file?: string | undefined;
  readonly context: LocationContext;
  /** What transfers begin with; what is found out counts there. */
  readonly memory: Memory;
  readonly clock: Clock;
}

/** A server, and what software it is. */
export interface Examined {
  readonly name: string;
  readonly software: string;
}

export interface ExaminationListener {
  begin(source: Examined, target: Examined): void;
  method(diagnosis: Diagnosis): void;
}

/** The verdict, and why it was not reached where it was not. */
interface ExaminationEnd {
  readonly verdict: MethodsVerdict;
  readonly error?: unknown;
}

/** Tries all ways in which two servers may move a file between themselves. What keeps it from doing so is in the end that it returns. */
export async function examine(
  order: ExaminationRequest,
  listener: ExaminationListener,
  signal: AbortSignal,
): Promise<ExaminationEnd> {
  const { memory, clock } = order;
  const diagnoses: Diagnosis[] = [];
  const traces = new Traces();
  let sides: readonly FtpSide[] = [];
  let route: Route | undefined;
  try {
    const source = await placeOf(order.source, order.context);
    const target = await placeOf(order.target, order.context);
    sides = [source.side, target.side];
    const prepared = await prepare(source, target, order, traces, signal);
    route = await Route.recall(routeKey(source.key, target.key), memory, clock);
    listener.begin(await examined(source.side, signal), await examined(target.side, signal));
    for await (const diagnosis of diagnose({ ...prepared, route }, signal)) {
      diagnoses.push(diagnosis);
      listener.method(diagnosis);
    }
    return { verdict: verdictOf(diagnoses, await traces.clear()) };
  } catch (error) {
    const because = signal.aborted ? "interrupted" : messageOf(error);
    const outcome = signal.aborted ? "cancelled" : "failed";
    return { verdict: { ...verdictOf(diagnoses, await traces.clear()), outcome, because }, error };
  } finally {
    await Promise.all(sides.map((side) => side.close()));
    await route?.settled();
  }
}

interface Place {
  readonly side: FtpSide;
  readonly path: string;
  /** See `Place` of the pool. */
  readonly key: string;
}

async function placeOf(text: string, context: LocationContext): Promise<Place> {
  const { place, path } = await targetOf(HOST_NAME.test(text) ? `${text}:` : text, context);
  const side = place.connect();
  if (side instanceof FtpSide) return { side, path, key: place.key };
  throw new ConfigError(`"${text}" is on this machine; expected a host, host:path or a URL`);
}

/** The file to move is there, and the target takes files. @throws the side's own error */
async function prepare(
  source: Place,
  target: Place,
  { file, clock }: ExaminationRequest,
  traces: Traces,
  signal: AbortSignal,
): Promise<Examination> {
  const nonce = randomBytes(6).toString("hex");
  const path = file === undefined ? probePath(source.path, nonce) : joinPath(source.path, file);
  // One after the other: a connection that is made while the other fails would be nobody's.
  await source.side.ready(signal);
  await target.side.ready(signal);
  const facts = await (file === undefined
    ? storeAtSource(source.side, path, traces, clock, signal)
    : source.side.facts(path, signal));
  if (facts === undefined || facts.kind === "directory")
    throw new ConfigError(`${source.side.name}: ${path}: no such file`, "--file");
  await tryStoring(target.side, probePath(target.path, `${nonce}-0`), traces, clock, signal);
  return {
    source: { side: source.side, path },
    target: { side: target.side, directory: target.path },
    nonce,
    traces,
    limitMs: LIMIT_MS + (facts.sizeBytes ?? 0) * LIMIT_MS_PER_BYTE,
    isProbe: file === undefined,
    clock,
  };
}

/** @throws the side's own error; how to do without, in the same sentence */
async function storeAtSource(
  side: FtpSide,
  path: string,
  traces: Traces,
  clock: Clock,
  signal: AbortSignal,
): Promise<FileFacts> {
  try {
    return await storeProbe(side, path, traces, clock, signal);
  } catch (error) {
    if (!(error instanceof ReplyError) && !(error instanceof NoDataConnectionError)) throw error;
    throw new Error(`${messageOf(error)}; to test with an existing file, use --file PATH`, { cause: error });
  }
}

async function examined(side: FtpSide, signal: AbortSignal): Promise<Examined> {
  const { family } = (await side.client(signal)).session;
  return { name: side.name, software: family ?? "unknown server software" };
}

function verdictOf(diagnoses: readonly Diagnosis[], left: readonly string[]): MethodsVerdict {
  const works = diagnoses.flatMap((one) => (one.outcome === "works" ? [one.method] : []));
  const advice = diagnoses.flatMap((one) => (one.outcome === "works" ? [] : one.advice));
  return { outcome: works.length > 0 ? "succeeded" : "failed", works, advice: [...new Set(advice)], left };
}
