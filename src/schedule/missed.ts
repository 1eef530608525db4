import { formatDuration } from "../shared/units.ts";
import { latestDue, type Timetable } from "./due.ts";
import { jitterOf, opensAt } from "./start.ts";

/** What becomes of due times at which no scheduler ran: none of them, the last one, all of them. */
export type Missed = "skip" | "once" | "all";

export interface Scheduled extends Timetable {
  readonly missed: Missed;
  readonly jitterMs: number;
}

/** One due time that gives a run. */
export interface Firing {
  readonly dueMs: number;
  /** When the run may start: later than it is due by jitter, or because its window is closed. */
  readonly startMs: number;
  readonly isMissed: boolean;
  readonly because: string;
}

/** A due time no older than this was not missed; the scheduler was busy, or its Redis away. */
const ON_TIME_MS = 60_000;

/** Of more due times than these, the last are run. */
const MANY = 1_000;

/**
 * What is to be run, when the due times up to one instant have been seen to and it is now another. Who asks has
 * to note `nowMs` as seen to in the same step as it hands the runs over, or two schedulers do so.
 */
export function firingsOf(
  job: string,
  schedule: Scheduled,
  { seenToMs, nowMs }: { readonly seenToMs: number; readonly nowMs: number },
): readonly Firing[] {
  const due = latestDue(schedule, seenToMs, nowMs, MANY);
  const onTime = due.filter((dueMs) => nowMs - dueMs <= ON_TIME_MS);
  const missed = wanted(schedule.missed, due.slice(0, due.length - onTime.length), onTime);
  return [
    ...missed.map((dueMs) => ({
      dueMs,
      startMs: opensAt(schedule, nowMs),
      isMissed: true,
      because: `missed ${formatDuration(nowMs - dueMs)} ago (missed: ${schedule.missed})`,
    })),
    ...onTime.map((dueMs) => ({
      dueMs,
      startMs: dueMs + jitterOf(job, schedule, schedule.jitterMs, dueMs),
      isMissed: false,
      because: "due",
    })),
  ];
}

/** What is due now makes up for what was missed, where once is enough. */
function wanted(policy: Missed, missed: readonly number[], onTime: readonly number[]): readonly number[] {
  switch (policy) {
    case "skip":
      return [];
    case "once":
      return onTime.length > 0 ? [] : missed.slice(-1);
    case "all":
      return missed;
  }
}
