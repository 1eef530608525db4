import { formatDuration } from "../shared/units.ts";
import { latestDue, type JobSchedule } from "./due.ts";
import { jitterOf, opensAt } from "./start.ts";

/** What becomes of due times at which no scheduler ran: none of them, the last one, all of them. */
type Missed = "skip" | "once" | "all";

interface Scheduled extends JobSchedule {
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

/** How late a due time may be handled by a scheduler that was there: it was busy, or its Redis away. */
const ON_TIME_MS = 60_000;

/** When due times were looked for. */
interface Looked {
  /** Up to when they have been handled. */
  readonly handledToMs: number;
  readonly nowMs: number;
  /** Since when this scheduler has been there: what was due before that, with no other there, was missed. */
  readonly watchedMs: number;
}

/** Of more due times than these, the last are run. */
const MANY = 1_000;

/**
 * What is to be run, when the due times up to one instant have been handled and it is now another. The caller has
 * to record `nowMs` as handled in the same step as it passes the runs on, or two schedulers do so.
 */
export function firingsOf(
  job: string,
  schedule: Scheduled,
  { handledToMs, nowMs, watchedMs }: Looked,
): readonly Firing[] {
  const due = latestDue(schedule, handledToMs, nowMs, MANY);
  const last = due.at(-1);
  const isOnTime = last !== undefined && last >= watchedMs && nowMs - last <= ON_TIME_MS;
  // Of several at once, those before the last have been missed, whoever was there.
  const onTime = isOnTime ? [last] : [];
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
