import { dueTimes, latestDue, nextDue, type JobSchedule } from "./due.ts";
import { type Deadline, deadlineOf } from "./start.ts";

const DAY_MS = 86_400_000;
/** A deadline at a time of the day is no further from its due time: a day, and clocks that are changed. */
const LONGEST_DAY_MS = DAY_MS + 4 * 3_600_000;

/** A due time whose run has to have ended by then. */
export interface Promised {
  readonly dueMs: number;
  readonly deadlineMs: number;
}

/** The due times whose deadlines are after one instant and not after the other. */
export function* promisedBetween(
  timetable: JobSchedule,
  deadline: Deadline,
  afterMs: number,
  untilMs: number,
): Generator<Promised, void> {
  const spanMs = "afterMs" in deadline ? deadline.afterMs : LONGEST_DAY_MS;
  for (const dueMs of dueTimes(timetable, afterMs - spanMs)) {
    if (dueMs > untilMs) return;
    const deadlineMs = deadlineOf(timetable, deadline, dueMs);
    if (deadlineMs > afterMs && deadlineMs <= untilMs) yield { dueMs, deadlineMs };
  }
}

/** No deadline comes before this instant; undefined where none comes any more. */
export function nextDeadline(timetable: JobSchedule, deadline: Deadline, nowMs: number): number | undefined {
  if (!("afterMs" in deadline)) return deadlineOf(timetable, deadline, nowMs);
  const dueMs = nextDue(timetable, nowMs - deadline.afterMs);
  return dueMs === undefined ? undefined : dueMs + deadline.afterMs;
}

/**
 * The times, after one instant and not after the other, by which something should have come since the time before
 * and has not.
 * @param lastMs when something last came; undefined: never
 */
export function silentTimes(
  timetable: JobSchedule,
  lastMs: number | undefined,
  afterMs: number,
  untilMs: number,
): readonly number[] {
  const times = [...upTo(timetable, afterMs, untilMs)];
  let [before] = latestDue(timetable, afterMs - 366 * DAY_MS, afterMs, 1);
  return times.filter((time) => {
    const since = before ?? Number.NEGATIVE_INFINITY;
    before = time;
    return lastMs === undefined || lastMs <= since;
  });
}

function* upTo(timetable: JobSchedule, afterMs: number, untilMs: number): Generator<number, void> {
  for (const time of dueTimes(timetable, afterMs)) {
    if (time > untilMs) return;
    yield time;
  }
}
