import type { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { converting } from "../../ftp/connection/data/converting.ts";
import type { Converter } from "../../ftp/representation/text.ts";
import { pour } from "../../ftp/connection/data/pour.ts";
import { ReplyError } from "../../ftp/errors.ts";
import { VerificationError } from "../errors.ts";
import { excessOf } from "./excess.ts";
import { paced, type RateLimit } from "../rate-limit.ts";
import type { Measure } from "../sides/measure.ts";
import type { Side } from "../sides/side.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** The two sides, and what each calls the file. */
export interface Ends {
  readonly source: { readonly side: Side; readonly path: string };
  readonly target: { readonly side: Side; readonly path: string };
}

interface Passing {
  /** Bytes that are at the target already. */
  readonly from: number;
  /** Bytes of the whole file, as the source announced them; a source that sends more is stopped. */
  readonly sizeBytes: number | undefined;
  /** Takes the digest of what passes. */
  readonly measure?: Measure | undefined;
  /** How many bytes the target has so far. */
  readonly progress: (octets: number) => void;
  /** Whether the sizes of both sides are compared afterwards. */
  readonly isVerified: boolean;
  /** Called when both data connections have been asked for, and before the first byte. */
  readonly onOpen: () => void;
  /** What is done to all bytes on their way; absent: nothing. */
  readonly conversion?: Converter | undefined;
  /** How fast; absent: as fast as both sides can. */
  readonly rate?: RateLimit | undefined;
}

/**
 * Moves one file through this process: what the source sends is handed to the target as fast as that takes it.
 * @returns the bytes that passed
 * @throws what the side that failed said
 */
export async function moveThroughUs(
  { source, target }: Ends,
  { from, sizeBytes, measure, progress, isVerified, onOpen, conversion, rate }: Passing,
  signal: AbortSignal,
): Promise<number> {
  await using reading = await source.side.read(source.path, from, signal);
  await using writing = await target.side.write(target.path, from, signal);
  onOpen();
  const excess = new AbortController();
  let octets = 0;
  const seen = (chunk: Buffer) => {
    octets += chunk.length;
    measure?.update(chunk);
    progress(from + octets);
    const fault = excessOf(from + octets, sizeBytes);
    if (fault !== undefined)
      excess.abort(new VerificationError(`${source.side.name}: ${source.path}: ${fault}`));
  };
  const both = anySignal(signal, excess.signal);
  const pace = rate && ((stream: AsyncIterable<Buffer>) => paced(stream, rate, both));
  const poured =
    conversion === undefined
      ? pour(reading.stream, writing.stream, seen, both, pace)
      : pourConverted(reading.stream, converting(conversion), writing.stream, seen, both, pace);
  await poured.catch((error: unknown) => {
    throw excess.signal.aborted ? excess.signal.reason : error;
  });
  const isProvable = isVerified && from + octets === sizeBytes;
  await writing.finish(signal).catch(async (error: unknown) => {
    ignoreLate426(error, isProvable);
    // What we have sent need not have arrived.
    if (!(await hasStored(target, sizeBytes, signal))) throw error;
  });
  await reading.finish(signal).catch((error: unknown) => ignoreLate426(error, isProvable));
  return octets;
}

async function pourConverted(
  from: Readable,
  conversion: Transform,
  into: Writable,
  seen: (chunk: Buffer) => void,
  signal: AbortSignal,
  pace: ((from: Readable) => AsyncIterable<Buffer>) | undefined,
): Promise<void> {
  const [read, written] = await Promise.allSettled([
    pour(from, conversion, seen, signal, pace),
    pipeline(conversion, into, { signal }),
  ]);
  // Whichever failed first has closed the stream between them, of which the other one then complains.
  if (written.status === "rejected" && !isClosed(written.reason)) throw written.reason;
  if (read.status === "rejected") throw read.reason;
  if (written.status === "rejected") throw written.reason;
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}

/** Ignores a 426 to a file whose bytes have all passed. @throws the error otherwise */
function ignoreLate426(error: unknown, isProvable: boolean): void {
  if (!isProvable || !(error instanceof ReplyError) || error.reply.code !== 426) throw error;
}

/** Whether the target has bytes that were not there before. */
export async function hasArrived(
  { side, path }: Ends["target"],
  from: number,
  signal: AbortSignal,
): Promise<boolean> {
  const facts = await side.facts(path, signal).catch(() => undefined);
  signal.throwIfAborted();
  return (facts?.sizeBytes ?? 0) > from;
}

/** Whether the target reports that the file has this number of bytes; false where it does not answer. */
export async function hasStored(
  { side, path }: Ends["target"],
  sizeBytes: number | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const facts = await side.facts(path, signal).catch(() => undefined);
  signal.throwIfAborted();
  return sizeBytes !== undefined && facts?.sizeBytes === sizeBytes;
}
