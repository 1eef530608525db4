import { setTimeout as sleep } from "node:timers/promises";

/** Clocks of several machines differ by less, where nobody keeps them; milliseconds. */
export const CLOCK_SKEW_MS = 600_000;

/** Time as an argument, so that a test decides what time it is. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Waits; rejects with the signal's reason when that is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  },
};

/** An instant in a record; undefined where a clock that was wrong has written it. */
export function knownInstant(recordedMs: number | undefined, nowMs: number): number | undefined {
  return recordedMs === undefined || isFuture(recordedMs, nowMs) ? undefined : recordedMs;
}

/** Whether an instant in a record is still to come by more than clocks differ: whoever wrote it had a wrong clock. */
export function isFuture(recordedMs: number, nowMs: number): boolean {
  return recordedMs > nowMs + CLOCK_SKEW_MS;
}
