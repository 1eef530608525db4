import { z } from "zod";
import { isoTime } from "../../shared/iso-time.ts";
import { parseCron } from "../../schedule/cron.ts";
import { nextDue, type JobSchedule } from "../../schedule/due.ts";
import type { Deadline } from "../../schedule/start.ts";
import { parseWindow, timeOfDay } from "../../schedule/window.ts";
import { choice, Duration, oneOrMany, parsed, text, TimeZone } from "./fields.ts";
import { HOST_NAME } from "../locations/location.ts";
import { longDuration, parseLongDuration } from "./long-duration.ts";

const Cron = parsed("a cron expression such as 15 2 * * *, or @daily", parseCron);

const WINDOW = "a time range such as 22:00-05:00";
const Window = parsed(WINDOW, parseWindow);

const DATE = "a day such as 2026-12-25, or 12-25 for every year";
const Day = text(DATE).refine(isDay, `expected ${DATE}`);

const MOST_DAYS = 30;
const MOST_STALE_DAYS = 366;
const DEADLINE = "a time of day such as 06:00, or a duration such as 3h, at most 30d";
const DeadlineField = parsed(DEADLINE, (value): Deadline => {
  const at = timeOfDay(value);
  return at === undefined ? { afterMs: parseLongDuration(value, MOST_DAYS, DEADLINE) } : { at };
});

export const timeZone = TimeZone.default("UTC").describe(
  "IANA name of the time zone, such as Europe/Berlin (default: UTC)",
);

export const except = oneOrMany(DATE, Day).default([]);

export const longest = longDuration(MOST_DAYS)
  .optional()
  .describe("Maximum duration of a run before it is cancelled: 6h; at most 30d (default: none)");

const schedule = z
  .strictObject({
    cron: Cron.describe(
      "Cron expression: minute, hour, day of the month, month, weekday, optionally with seconds in front; or @hourly, @daily, @weekly, @monthly, @yearly. If both day fields are restricted, either one matching is enough",
    ),
    timeZone,
    overlap: choice("skip", "queue-one", "replace")
      .default("skip")
      .describe(
        "What to do if the previous run is still active: skip: skip this one; queue-one: run it afterwards, with at most one waiting; replace: cancel the previous one (default: skip)",
      ),
    missed: choice("skip", "once", "all")
      .default("once")
      .describe(
        "What to do about due times missed because no scheduler was running: skip them, run once for all of them, or run all (default: once)",
      ),
    jitter: Duration.optional().describe(
      "Random delay of up to this length for each run: 5m; at most 1d (default: none)",
    ),
    only: oneOrMany(WINDOW, Window)
      .default([])
      .describe(
        "Times of day in which runs may start, such as 22:00-05:00; due times outside are dropped (default: any time)",
      ),
    except: except.describe(
      "Days on which no run starts, such as 2026-12-25, or 12-25 for every year (default: none)",
    ),
    deadline: DeadlineField.optional().describe(
      "When a run must have ended, otherwise it is reported as late: a time of day such as 06:00, or a duration after its due time (default: none)",
    ),
    longest,
  })
  .superRefine((value, context) => {
    const fault = faultOf(value);
    if (fault !== undefined) {
      context.addIssue({
        code: "custom",
        path: [fault],
        message: "leaves no due time of the cron expression",
      });
    }
  });

/** What a job says of when it runs, beside what it does. */
export const scheduleOptions = {
  schedule: schedule
    .optional()
    .describe("When the job runs automatically; without a schedule it runs only on request"),
  after: z
    .strictObject({
      job: text("the name of a job", HOST_NAME).describe("The job whose runs this one follows"),
      on: choice("success", "always")
        .default("success")
        .describe(
          "success: after a run in which all files succeeded; always: whatever the outcome (default: success)",
        ),
    })
    .optional()
    .describe("Run this job whenever a run of another job has ended"),
  staleAfter: longDuration(MOST_STALE_DAYS)
    .optional()
    .describe(
      "How long the job may go without a run in which all files succeeded before it is reported as stale: 26h; at most 366d (default: never)",
    ),
  priority: choice("low", "normal", "high")
    .default("normal")
    .describe("Which jobs go first when there is more work than the workers can handle (default: normal)"),
} as const;

function isDay(date: string): boolean {
  const [, year = "2024", monthAndDay] = /^(?:(\d{4})-)?(\d{2}-\d{2})$/.exec(date) ?? [];
  const instant = Date.parse(`${year}-${monthAndDay}T00:00:00Z`);
  return !Number.isNaN(instant) && isoTime(instant).slice(5, 10) === monthAndDay;
}

/** What leaves no due time, if anything does. Schedules repeat themselves: one instant and zone stand for all. */
function faultOf({ cron, only, except }: Omit<JobSchedule, "timeZone">): "only" | "except" | undefined {
  const isFiring = (days: readonly string[]) =>
    nextDue({ cron, only, except: days, timeZone: "UTC" }, 0) !== undefined;
  if (!isFiring([])) return "only";
  return isFiring(except) ? undefined : "except";
}
