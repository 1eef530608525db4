import { z } from "zod";

/** One file in a watched directory, as a listing has it. */
export interface SeenFile {
  readonly path: string;
  readonly sizeBytes?: number | undefined;
  /** Milliseconds since 1970, as finely as the server tells. */
  readonly modifiedMs?: number | undefined;
}

/** What is known of a watched directory between two looks. */
export const WatchState = z.object({
  /** Files that a run was asked for, as they were then. */
  known: z.array(z.tuple([z.string(), z.string()])),
  /** Files that have come or changed since, as they were, and from when on they have been so. */
  waiting: z.array(z.tuple([z.string(), z.object({ is: z.string(), sinceMs: z.number() })])),
});
export type WatchState = z.infer<typeof WatchState>;

export const nothingWatched: WatchState = { known: [], waiting: [] };

export interface ArrivalCheck {
  readonly watched: WatchState;
  /** Files that have come and stopped growing, and that a run is to be asked for; none while any still changes. */
  readonly arrived: readonly string[];
}

/**
 * What a look at a directory tells. A file has arrived when it is not as it was when a run was last asked for, and
 * all that has come was the same in two looks with at least `settledMs` between them. What has gone is forgotten, so that it may
 * come again.
 */
export function lookAt(
  before: WatchState,
  found: readonly SeenFile[],
  nowMs: number,
  settledMs: number,
): ArrivalCheck {
  const [knownBefore, waitingBefore] = [new Map(before.known), new Map(before.waiting)];
  const known: WatchState["known"] = [];
  const waiting: WatchState["waiting"] = [];
  for (const { path, sizeBytes = "?", modifiedMs = "?" } of found) {
    const is = `${sizeBytes} ${modifiedMs}`;
    const had = waitingBefore.get(path);
    if (knownBefore.get(path) === is) known.push([path, is]);
    // Noted by a clock that was ahead, it would settle no sooner than then.
    else waiting.push([path, { is, sinceMs: had?.is === is ? Math.min(had.sinceMs, nowMs) : nowMs }]);
  }
  const isSettled = waiting.every(([, { sinceMs }]) => nowMs - sinceMs >= settledMs);
  if (!isSettled) return { watched: { known, waiting }, arrived: [] };
  for (const [path, { is }] of waiting) known.push([path, is]);
  return { watched: { known, waiting: [] }, arrived: waiting.map(([path]) => path) };
}
