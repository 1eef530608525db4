import { CLOCK_SKEW_MS } from "../../shared/clock.ts";

/** Notices that the clock was set back: what is put off until an instant by the clock before would wait for that long. */
export class ClockSetBack {
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @returns whether it was set back since this was last asked */
  since(nowMs: number): boolean {
    const isBack = nowMs < this.#lastMs;
    this.#lastMs = nowMs;
    return isBack;
  }
}

/** An instant in a record; undefined where a clock that was wrong has written it. */
export function knownInstant(recordedMs: number | undefined, nowMs: number): number | undefined {
  return recordedMs === undefined || isFuture(recordedMs, nowMs) ? undefined : recordedMs;
}

/** Whether an instant in a record is still to come by more than clocks differ: whoever wrote it had a wrong clock. */
export function isFuture(recordedMs: number, nowMs: number): boolean {
  return recordedMs > nowMs + CLOCK_SKEW_MS;
}
