import type { Clock } from "../../shared/clock.ts";
import { formatDuration } from "../../shared/units.ts";
import { TransferError } from "../errors.ts";
import type { AttemptOutcome } from "./attempt.ts";
import type { Moving } from "./third-party.ts";

/** Looks at how long the target is by now, on another connection; undefined: that cannot be known now. */
export type Look = (path: string, signal: AbortSignal) => Promise<number | undefined>;

/** Files that are done sooner are not looked at, and the others this often. Milliseconds. */
const FIRST_LOOK_MS = 2_000;
const EVERY_MS = 1_000;

export interface Watch {
  readonly look: Look;
  readonly path: string;
  /** Octets that were there before; what is no more than that has not grown. */
  readonly from: number;
  readonly progress: (octets: number) => void;
  /** Milliseconds without growth after which the transfer is given up. */
  readonly stallMs: number;
  readonly clock: Clock;
}

/** Looks at how the target of a move grows, and ends one that stalls; one that is over soon costs no more than a timer. */
export async function whileWatched(watch: Watch, move: Moving): Promise<AttemptOutcome> {
  let over: AbortController | undefined;
  let watching: Promise<void> | undefined;
  const begin = () => {
    over = new AbortController();
    watching = watchGrowth(watch, over.signal).catch((error: unknown) => {
      if (error instanceof TransferError) move.giveUp(error);
    });
  };
  const timer = setTimeout(begin, FIRST_LOOK_MS);
  try {
    return await move.outcome;
  } finally {
    clearTimeout(timer);
    over?.abort();
    await watching;
  }
}

/**
 * Follows a third-party transfer, of which no octet passes here, by the size of what it writes. Servers that
 * show a file only when it is complete tell nothing: then nothing is concluded.
 * @throws TransferError when the file has grown before and does not any more
 */
export async function watchGrowth(watch: Watch, signal: AbortSignal): Promise<void> {
  const { look, path, from, progress, stallMs, clock } = watch;
  let size = from;
  let grewAt = clock.now();
  for (;;) {
    const now = await look(path, signal);
    if (now === undefined) grewAt = clock.now();
    else if (now > size) {
      [size, grewAt] = [now, clock.now()];
      progress(size);
    } else if (size > from && clock.now() - grewAt >= stallMs) {
      throw new TransferError(`no octet arrived for ${formatDuration(stallMs)}`, "new-connection");
    }
    await clock.sleep(EVERY_MS, signal);
  }
}
