import { ReplyError } from "../../../ftp/errors.ts";
import { messageOf } from "../../../shared/errors.ts";
import { isTargetFull, NoRestartError, OneConnectionError } from "../../errors.ts";
import { octetsAt } from "../../prove/resume.ts";
import { isServer } from "../../sides/side.ts";
import type { Ends } from "../relay.ts";
import type { Segment, SegmentBoard } from "./board.ts";
import type { ByteRange } from "./ranges.ts";

/** Bytes of a block that is written, and read back, to try out what a server does. */
export const BLOCK = 65_536;

/**
 * Whether a server sends a file from where it is asked to, on this very connection: from its last byte on it has one byte to
 * send. One that answers 350 and begins at the start has more.
 * @throws OneConnectionError where it does not
 */
export async function requireRestart(
  { side, path }: Ends["source"],
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  if (!isServer(side)) return;
  let came: number;
  try {
    await using reading = await side.read(path, sizeBytes - 1, signal);
    came = await countUpToTwo(reading.stream);
    if (came === 1) await reading.finish(signal);
  } catch (error) {
    throw isNoRestart(error) ? new OneConnectionError(messageOf(error), error) : error;
  }
  if (came === 1) return;
  throw new OneConnectionError(
    came === 0
      ? `${side.name} sent nothing when it was asked for the last byte of the file (REST)`
      : `${side.name} does not begin where REST asked it to`,
  );
}

/** How many bytes come where one is expected: a second one is enough to know better. */
export async function countUpToTwo(stream: AsyncIterable<Buffer>): Promise<number> {
  let came = 0;
  for await (const chunk of stream) {
    came += chunk.length;
    if (came > 1) break;
  }
  return came;
}

/** What trying out a target takes. */
interface TargetTrial {
  readonly ends: Ends;
  readonly sizeBytes: number;
  readonly board: SegmentBoard;
  /** Moves a segment's bytes, and gives what passed. */
  readonly pass: (segment: Segment) => Promise<Buffer>;
}

/**
 * Whether a server writes into a file that is there where it is asked to, and nowhere else: the last block goes behind the
 * end, one before it between the two, and after each the file has its whole length; then all that was written is read back.
 * These are bytes of the file itself, so nothing is moved twice.
 * @throws OneConnectionError where it does not
 */
export async function requirePlacedWriting(
  { ends, sizeBytes, board, pass }: TargetTrial,
  signal: AbortSignal,
): Promise<void> {
  const { side, path } = ends.target;
  const had = board.written[0]?.to ?? 0;
  const first = had === 0 ? BLOCK : had;
  const blocks: ByteRange[] = [
    ...(had === 0 ? [{ from: 0, to: BLOCK }] : []),
    { from: sizeBytes - BLOCK, to: sizeBytes },
    { from: first, to: first + BLOCK },
  ];
  const passed: (ByteRange & { readonly octets: Buffer })[] = [];
  for (const block of blocks) {
    const segment = board.takeExactly(block);
    if (segment === undefined) throw new OneConnectionError("too little of the file is missing");
    try {
      passed.push({ ...block, octets: await pass(segment) });
    } catch (error) {
      throw block.from > 0 && isRefusal(error) ? new OneConnectionError(messageOf(error), error) : error;
    } finally {
      board.giveBack(segment);
    }
    if (block.from > 0) await requireLength(ends.target, sizeBytes, signal);
  }
  for (const { from, to, octets } of passed) {
    const there = await octetsAt(side, path, from, to - from, signal).catch((error: unknown) => {
      throw isNoRestart(error) || isRefusal(error)
        ? new OneConnectionError(`the bytes written cannot be read back: ${messageOf(error)}`, error)
        : error;
    });
    if (!there.equals(octets))
      throw new OneConnectionError(`${side.name} does not write where REST asked it to`);
  }
}

/**
 * A file that has been written to its end has its whole length, whatever is still missing in it.
 * @throws OneConnectionError where the server has cut it off, or has written elsewhere
 */
export async function requireLength(
  { side, path }: Ends["target"],
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const facts = await side.facts(path, signal);
  if (facts?.sizeBytes === sizeBytes) return;
  throw new OneConnectionError(
    facts?.sizeBytes === undefined
      ? `${side.name} does not report how long the file is`
      : `${side.name} does not keep what follows the place where REST asked it to write`,
  );
}

function isNoRestart(error: unknown): boolean {
  return error instanceof NoRestartError;
}

/** A server's no that is about writing there. */
function isRefusal(error: unknown): boolean {
  if (error instanceof NoRestartError) return true;
  return error instanceof ReplyError && error.reply.code !== 421 && !isTargetFull(error);
}
