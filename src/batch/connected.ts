import { ConnectionError, LoginError, ReplyError } from "../ftp/errors.ts";
import { blame, isCancellation, messageOf } from "../shared/errors.ts";
import type { Side } from "../transfer/sides/side.ts";
import type { Retrier } from "../transfer/retrier.ts";
import type { Lent, Pair, Place, Pool } from "./pool.ts";

/**
 * Both sides, logged in. A host that refuses one connection more than it has is not asked for so many again.
 * @param onFewer called with that host, and what it said
 * @throws AppError that names the host
 */
export async function connectedPair(
  pool: Pool,
  source: Place,
  target: Place,
  signal: AbortSignal,
  onFewer: (place: Place, because: string) => void = () => {},
): Promise<Pair> {
  const places = [source, target] as const;
  for (;;) {
    const pair = await pool.borrow(...places, signal);
    const ends = await Promise.allSettled([pair.source.ready(signal), pair.target.ready(signal)]);
    const refused = ends.findIndex(({ status }) => status === "rejected");
    const [end, place] = [ends[refused], places[refused]];
    if (end?.status !== "rejected" || place === undefined) return pair;
    const needed = places.filter(({ key }) => key === place.key).length;
    const goesOn = isCrowded(end.reason) && pool.shrink(place, needed);
    await pair[Symbol.asyncDispose]();
    if (!goesOn) throw blame(end.reason, place.name);
    onFewer(place, messageOf(end.reason));
  }
}

/** One side, logged in; as {@link connectedPair}. */
export async function connectedOne(pool: Pool, place: Place, signal: AbortSignal): Promise<Lent> {
  for (;;) {
    const lent = await pool.borrowOne(place, signal);
    try {
      await lent.side.ready(signal);
      return lent;
    } catch (error) {
      const goesOn = isCrowded(error) && pool.shrink(place, 1);
      await lent[Symbol.asyncDispose]();
      if (!goesOn) throw blame(error, place.name);
    }
  }
}

/** What one side says, asked again where it fails for a reason that may pass; between two tries nothing is held. */
export function askedOf<T>(
  pool: Pool,
  place: Place,
  retrier: Retrier,
  ask: (side: Side) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return retrier.run(async () => {
    await using lent = await connectedOne(pool, place, signal);
    return await ask(lent.side);
  }, signal);
}

/** Something that is to be done for each of many items, on several connections to one place. */
interface EachAt<T> {
  readonly items: readonly T[];
  readonly place: Place;
  readonly pool: Pool;
  /** Connections at most, 1 …. */
  readonly parallel: number;
  readonly act: (side: Side, item: T) => Promise<void>;
  /** Told of an item for which it failed. */
  readonly failed: (item: T, because: string) => void;
}

/**
 * Does it for each item; a failure of one is reported, and not thrown. A place that lets nobody in any more fails them all,
 * without a try for each.
 */
export async function forEachAt<T>(
  { items, place, pool, parallel, act, failed }: EachAt<T>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    await using lent = await connectedOne(pool, place, signal);
    for (const item of waiting) {
      signal.throwIfAborted();
      try {
        await act(lent.side, item);
      } catch (error) {
        if (isCancellation(error)) throw error;
        failed(item, messageOf(error));
        await lent.side.ready(signal);
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(parallel, items.length) }, lane));
  signal.throwIfAborted();
  // Those that no lane is left for; where none of them failed, there are none.
  for (const end of ends)
    if (end.status === "rejected") for (const item of waiting) failed(item, messageOf(end.reason));
}

/** A server that says that it lets nobody more in, at the greeting or at the login; silence is something else. */
export function isCrowded(error: unknown): boolean {
  if (error instanceof LoginError) return error.retry === "later" || error.reply.code === 421;
  return (
    error instanceof ConnectionError && error.cause instanceof ReplyError && error.cause.reply.code === 421
  );
}
