import { beforeAbort } from "../../../ftp/connection/dial.ts";
import type { Clock } from "../../../shared/clock.ts";
import { StallError, TransferError, VerificationError } from "../../errors.ts";
import { excessOf } from "../excess.ts";
import type { AttemptOutcome } from "./attempt/attempt-state.ts";
import { beginGrowth, faultOf, type Growth, grow, type GrowthLimits } from "./growth.ts";
import type { FileInTransit } from "./parties.ts";
import { anySignal } from "../../../shared/any-signal.ts";

/** Looks at how long the target is by now, on another connection; undefined: that cannot be known now. */
export type SizeProbe = (path: string, signal: AbortSignal) => Promise<number | undefined>;

/** Files that are done sooner are not looked at, and the others this often. Milliseconds. */
const FIRST_LOOK_MS = 2_000;
const EVERY_MS = 1_000;
/** Looks that show nothing before a target that took a file well is known to hide its growth. */
const ENOUGH_LOOKS = 2;

export interface GrowthWatch extends GrowthLimits {
  /** Undefined: the target cannot be looked at. */
  readonly look: SizeProbe | undefined;
  readonly path: string;
  readonly progress: (octets: number) => void;
  readonly clock: Clock;
}

/** How a watched transfer ended. */
export interface WatchedOutcome {
  readonly outcome: AttemptOutcome;
  /** Whether the target, which has taken the file well, was looked at for a while and did not show it growing. */
  readonly hidGrowth: boolean;
}

/** Looks at how the target of a move grows, and ends one that stalls; one that is over soon costs no more than a timer. */
export async function whileWatched(watch: GrowthWatch, move: FileInTransit): Promise<WatchedOutcome> {
  let isOver = false;
  let growth: Growth | undefined;
  // Made for the first look: most files are over before it.
  let over: AbortController | undefined;
  let watching: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    over = new AbortController();
    const seen = (now: Growth) => (growth = now);
    watching = watchGrowth(watch, seen, over.signal).catch((error: unknown) => {
      if (error instanceof TransferError) move.giveUp(error);
    });
  };
  // What comes before has time limits of its own.
  move.whenStarted(() => {
    if (!isOver) timer = setTimeout(begin, Math.min(FIRST_LOOK_MS, watch.stallMs));
  });
  try {
    const outcome = await move.outcome;
    const isHidden = growth !== undefined && !growth.hasGrown && growth.looks >= ENOUGH_LOOKS;
    return { outcome, hidGrowth: outcome.kind === "moved" && isHidden };
  } finally {
    isOver = true;
    clearTimeout(timer);
    over?.abort();
    await watching;
  }
}

/**
 * Follows a third-party transfer, of which no byte passes here, by the size of what it writes.
 * @throws StallError when it has to be given up; VerificationError when the target has more than the source was to send
 */
export async function watchGrowth(
  watch: GrowthWatch,
  seen: (growth: Growth) => void,
  signal: AbortSignal,
): Promise<void> {
  const { stallMs, clock } = watch;
  let growth = beginGrowth(watch.from, clock.now());
  for (;;) {
    const before = growth;
    const shown = await look(watch, signal);
    const atMs = clock.now();
    growth = grow(before, shown, atMs, watch);
    seen(growth);
    if (growth.size > before.size) watch.progress(growth.size);
    const excess = excessOf(growth.size, watch.sizeBytes);
    if (excess !== undefined) throw new VerificationError(excess);
    const fault = faultOf(before, growth, atMs, watch);
    if (fault !== undefined) throw new StallError(fault, growth.hasGrown);
    await clock.sleep(Math.min(EVERY_MS, stallMs / 4), signal);
  }
}

/** A look that takes as long as a stall shows nothing. */
async function look(
  { look: ask, path, stallMs }: GrowthWatch,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (ask === undefined) return undefined;
  const limit = AbortSignal.timeout(stallMs);
  const over = anySignal(signal, limit);
  try {
    return await beforeAbort(ask(path, over), over);
  } catch (error) {
    if (limit.aborted && !signal.aborted) return undefined;
    throw error;
  }
}
