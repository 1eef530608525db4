import { isoTime } from "../shared/iso-time.ts";
import { type Cron, matchesDay, nextTime } from "./cron.ts";
import { nextOpen, type Window } from "./window.ts";
import { changeBetween, instantOf, offsetAt, type Wall, wallOf } from "../shared/time-zone.ts";

/** When a job is due, by the clocks of a zone. */
export interface JobSchedule {
  readonly cron: Cron;
  /** IANA name. */
  readonly timeZone: string;
  /** Due times outside of these are none; always inside where there are none. */
  readonly only: readonly Window[];
  /** Days without due times: `2026-12-25`, or `12-25` of every year. */
  readonly except: readonly string[];
}

const DAY_MS = 86_400_000;
/** Nothing that fires at all waits longer: 29 February on a given weekday, where 2100 comes between. */
const FOREVER_MS = 41 * 366 * DAY_MS;

/**
 * The due times after an instant, in their order; it ends only where none comes any more.
 *
 * Where clocks are changed: a cron that fires in every hour (`*`) goes by time as it passes, and loses no hour and
 * has none twice. For any other, a local time that does not exist is due at the next instant that does, together
 * with whatever is due then, and one that exists twice is due the first time. node-cron's own matching would leave
 * out the former and an hour of hourly jobs; so it only parses the expression, and this says when.
 */
export function dueTimes(timetable: JobSchedule, afterMs: number): Generator<number, void> {
  return timetable.cron.hours.length === 24
    ? asTimePasses(timetable, afterMs)
    : byTheClock(timetable, afterMs);
}

/** The first due time after an instant; undefined where none comes any more. */
export function nextDue(timetable: JobSchedule, afterMs: number): number | undefined {
  return dueTimes(timetable, afterMs).next().value ?? undefined;
}

/** At most `limit` due times after one instant and not after the other: the last ones, in their order. */
export function latestDue(
  timetable: JobSchedule,
  afterMs: number,
  untilMs: number,
  limit: number,
): readonly number[] {
  for (let spanMs = 60_000; ; spanMs *= 4) {
    const from = Math.max(afterMs, untilMs - spanMs);
    const found = dueBetween(timetable, from, untilMs);
    if (found.length >= limit || from === afterMs) return found.slice(-limit);
  }
}

function dueBetween(timetable: JobSchedule, afterMs: number, untilMs: number): readonly number[] {
  const found: number[] = [];
  for (const due of dueTimes(timetable, afterMs)) {
    if (due > untilMs) break;
    found.push(due);
  }
  return found;
}

function* byTheClock(timetable: JobSchedule, afterMs: number): Generator<number, void> {
  const { timeZone } = timetable;
  let last = afterMs;
  let wall = nextWall(timetable, wallOf(timeZone, afterMs));
  for (; wall !== undefined; wall = nextWall(timetable, wall + 1_000)) {
    const due = instantOf(timeZone, wall);
    if (due > last) yield due;
    last = Math.max(last, due);
  }
}

function* asTimePasses(timetable: JobSchedule, afterMs: number): Generator<number, void> {
  const { timeZone } = timetable;
  let from = afterMs + 1;
  let offset = offsetAt(timeZone, from);
  for (;;) {
    const wall = nextWall(timetable, from + offset);
    if (wall === undefined) return;
    const due = wall - offset;
    if (due - from > DAY_MS) {
      // Clocks that are put back within a day repeat what is over by now; later ones repeat only what was not due.
      const soon = from + DAY_MS;
      from = offsetAt(timeZone, soon) === offset ? due - DAY_MS : changeBetween(timeZone, from, soon);
    } else if (offsetAt(timeZone, due) === offset) {
      yield due;
      from = due + 1;
    } else {
      from = changeBetween(timeZone, from, due);
    }
    offset = offsetAt(timeZone, from);
  }
}

/** The first local time, `from` or later, that the timetable has. */
function nextWall(timetable: JobSchedule, from: Wall): Wall | undefined {
  const today = Math.floor(from / DAY_MS) * DAY_MS;
  for (let day = today; day < today + FOREVER_MS; day += DAY_MS) {
    if (!matchesDay(timetable.cron, day) || isExcepted(timetable, day)) continue;
    const time = nextOpenTime(timetable, Math.ceil(Math.max(0, from - day) / 1_000));
    if (time !== undefined) return day + time * 1_000;
  }
  return undefined;
}

/** Whether a day has no due times, and no run may start on it. */
export function isExcepted({ except }: JobSchedule, day: Wall): boolean {
  if (except.length === 0) return false;
  const date = isoTime(day).slice(0, 10);
  return except.includes(date) || except.includes(date.slice(5));
}

/** In seconds since midnight. */
function nextOpenTime({ cron, only }: JobSchedule, from: number): number | undefined {
  let time = nextTime(cron, from);
  while (time !== undefined) {
    const open = nextOpen(only, time);
    if (open === time || open === undefined) return open;
    time = nextTime(cron, open);
  }
  return undefined;
}
