import { OneConnectionError, RelayInSegmentsError } from "../../errors.ts";
import type { Started } from "../../phases.ts";
import { segmentedPath } from "../../publish/temporary-name.ts";
import { DataPaths, protectionBetween } from "../data-path.ts";
import type { Ends } from "../relay.ts";
import { SegmentBoard } from "./board.ts";
import { DirectWay } from "./direct.ts";
import type { Filling } from "./fill.ts";
import type { Piece } from "./pieces.ts";
import type { ByteRange } from "./ranges.ts";
import { requirePlacedWriting } from "./trial.ts";

/** How long deleting what a trial has written may take. Milliseconds. */
const DISCARD_MS = 10_000;

/** How it is measured what another pair of connections adds. */
export interface Measuring {
  /** A range behind the blocks that are tried out, asked for when it begins to move; undefined: it is not worth it any more. */
  readonly begin: () => ByteRange | undefined;
  readonly ended: (piece: Piece) => void;
}

/**
 * Sees whether one more pair of connections can be had, and does what segments from server to server need, on a temporary file of
 * its own that is deleted again; then how long it takes for a range.
 * @throws why not
 */
export async function tryAnotherPair(
  started: Started,
  sizeBytes: number,
  { begin, ended }: Measuring,
  signal: AbortSignal,
): Promise<void> {
  const { extra, ends, partial } = started;
  await using sides = await extra?.(signal);
  if (sides === undefined)
    throw new OneConnectionError(
      extra === undefined ? "there are no others" : "no other one is free (limits.connections)",
    );
  const mine: Ends = {
    source: { side: sides.source, path: ends.source.path },
    target: { side: sides.target, path: segmentedPath(started.temporary) },
  };
  if (protectionBetween(partial) === true && protectionBetween(mine) !== true)
    throw new OneConnectionError("another one is not private");
  // What passes now is not of the file.
  const { onMethod: _, ...trial } = { ...started, paths: new DataPaths() };
  const way = new DirectWay(trial, { connections: 1 });
  await way.requireParts(mine.source, sizeBytes, signal);
  const board = new SegmentBoard(sizeBytes, [], 1);
  const filling: Filling = {
    ends: mine,
    sizeBytes,
    rate: undefined,
    open: () => Promise.reject(new TypeError("expected bytes that do not pass here")),
    seen: () => {},
    stored: async (segment, to) => board.proven(segment, to),
  };
  try {
    const pass = (segment: Parameters<typeof way.pass>[0]) => way.pass(segment, filling, signal);
    await requirePlacedWriting({ ends: mine, sizeBytes, board, pass }, signal);
    const range = begin();
    const segment = range && board.takeExactly(range);
    if (segment !== undefined) ended(await way.moveRange(segment, mine, signal));
  } catch (error) {
    if (error instanceof RelayInSegmentsError) error.settle(false);
    throw error;
  } finally {
    await discard(mine);
  }
}

/** Deletes what a trial has left that was broken off. */
export function discardTrial({ ends: { target }, temporary }: Started): Promise<void> {
  return discard({ target: { side: target.side, path: segmentedPath(temporary) } });
}

/** A target that cannot be reached keeps a file under a temporary name; no other harm is done. */
async function discard({ target: { side, path } }: Pick<Ends, "target">): Promise<void> {
  await side.remove(path, AbortSignal.timeout(DISCARD_MS)).catch(() => {});
}
