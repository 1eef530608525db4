import { createHash } from "node:crypto";
import { isExcepted, type JobSchedule } from "./due.ts";
import { nextOpen, openFor } from "./window.ts";
import { instantOf, type Wall, wallOf } from "../shared/time-zone.ts";

const DAY_MS = 86_400_000;

/**
 * How long after its due time a run starts: less than `jitterMs`, and inside the window. It follows from the job
 * and the due time, so that every scheduler says the same.
 */
export function jitterOf(job: string, timetable: JobSchedule, jitterMs: number, dueMs: number): number {
  const openMs = openFor(timetable.only, timeOf(wallOf(timetable.timeZone, dueMs))) * 1_000;
  const digest = createHash("sha256").update(`${job}\0${dueMs}`).digest();
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * Math.min(jitterMs, openMs));
}

/**
 * The first instant, this one or later, at which a run may start: inside a window, and not on an excepted day. One
 * comes, where the timetable has any due time.
 */
export function opensAt(timetable: JobSchedule, instantMs: number): number {
  const wall = wallOf(timetable.timeZone, instantMs);
  const today = startOfDay(wall);
  for (let day = today; ; day += DAY_MS) {
    const open = isExcepted(timetable, day)
      ? undefined
      : nextOpen(timetable.only, day === today ? timeOf(wall) : 0);
    if (open === undefined) continue;
    const opening = day + open * 1_000;
    return opening <= wall ? instantMs : Math.max(instantMs, instantOf(timetable.timeZone, opening));
  }
}

/** Until when a run has to have ended: a length of time after it was due, or the next such time of the day. */
export type Deadline = { readonly afterMs: number } | { readonly at: number };

export function deadlineOf({ timeZone }: JobSchedule, deadline: Deadline, dueMs: number): number {
  if ("afterMs" in deadline) return dueMs + deadline.afterMs;
  const wall = wallOf(timeZone, dueMs);
  const today = startOfDay(wall) + deadline.at * 1_000;
  return instantOf(timeZone, today > wall ? today : today + DAY_MS);
}

function timeOf(wall: Wall): number {
  return Math.floor((wall - startOfDay(wall)) / 1_000);
}

function startOfDay(wall: Wall): Wall {
  return Math.floor(wall / DAY_MS) * DAY_MS;
}
