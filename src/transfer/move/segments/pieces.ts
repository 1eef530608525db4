import type { Throughput } from "./gain.ts";

/** A range that one connection has moved. Times in milliseconds. */
export interface Piece {
  /** The connection. */
  readonly by: object;
  readonly bytes: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A range that still moves. */
export type OpenPiece = Omit<Piece, "toMs">;

/** How long a range is to take: commands between ranges cost little then, and it is soon seen what a connection adds. */
const RANGE_MS = 3_000;
/** Ranges that took less together say more of the commands than of the bytes. Milliseconds. */
const LEAST_MS = 1_000;
const SMALLEST = 2 ** 20;
/**
 * Bytes of one range at most, where its length follows from the rate of its connection: all of it is lost where that
 * breaks, and progress is seen when it ends. {@link RANGE_BYTES} is the same where the rate is not known.
 */
export const LARGEST = 128 * 2 ** 20;
/**
 * Bytes of one range at most, where the number of connections is given and nothing is measured: less than
 * {@link LARGEST}, for a slow connection may be the one that breaks.
 */
export const RANGE_BYTES = LARGEST / 4;

/** How many bytes the next range is to have, by the rate of one connection; undefined: nothing is known of it. */
export function rangeBytes(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) return 4 * SMALLEST;
  return Math.min(LARGEST, Math.max(SMALLEST, Math.ceil((bytesPerSecond * RANGE_MS) / 1_000)));
}

/** Bytes a second; undefined where it was over at once. */
export function rateOf({ bytes, fromMs, toMs }: Piece): number | undefined {
  return toMs > fromMs ? (bytes * 1_000) / (toMs - fromMs) : undefined;
}

/**
 * What connections move together, by the last ranges of each that it has begun since a time: as many as took long enough
 * together, which is several where the largest range is over in less.
 * @param pieces in the order in which they ended
 * @returns undefined until each connection has moved long enough
 */
export function measuredSince(
  pieces: readonly Piece[],
  sinceMs: number,
  atWork: ReadonlySet<object>,
): Throughput | undefined {
  let bytesPerSecond = 0;
  for (const connection of atWork) {
    const rate = lastRate(pieces.filter(({ by, fromMs }) => by === connection && fromMs >= sinceMs));
    if (rate === undefined) return undefined;
    bytesPerSecond += rate;
  }
  return atWork.size === 0 ? undefined : { connections: atWork.size, bytesPerSecond };
}

/** Bytes a second of the last ranges of one connection; undefined where they did not take long enough. */
function lastRate(pieces: readonly Piece[]): number | undefined {
  let [bytes, ms] = [0, 0];
  for (const piece of pieces.toReversed()) {
    bytes += piece.bytes;
    ms += piece.toMs - piece.fromMs;
    if (ms >= LEAST_MS) return (bytes * 1_000) / ms;
  }
  return undefined;
}

/**
 * The most that connections can come to together, by the ranges that they move now.
 * @returns undefined where one of them moves none at this moment
 */
export function mostOf(
  open: ReadonlyMap<object, OpenPiece>,
  atWork: ReadonlySet<object>,
  nowMs: number,
): Throughput | undefined {
  let bytesPerSecond = 0;
  for (const connection of atWork) {
    const piece = open.get(connection);
    if (piece === undefined) return undefined;
    bytesPerSecond += (piece.bytes * 1_000) / Math.max(1, nowMs - piece.fromMs);
  }
  return { connections: atWork.size, bytesPerSecond };
}
