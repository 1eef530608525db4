import type { Outcome } from "../../copy/events.ts";

/** What is known of a job between its runs. */
export interface JobRecord {
  readonly isPaused: boolean;
  readonly lastRun?: string;
  readonly lastOutcome?: Outcome;
  readonly lastEndedMs?: number;
  readonly lastGoodMs?: number;
  /** Until when its due times have been seen to. */
  readonly seenToMs?: number;
  /** When its schedule was last let go on. */
  readonly resumedMs?: number;
}
