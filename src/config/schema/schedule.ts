import { z } from "zod";
import { isoTime } from "../../shared/iso-time.ts";
import { parseCron } from "../../schedule/cron.ts";
import { nextDue, type Timetable } from "../../schedule/due.ts";
import type { Deadline } from "../../schedule/start.ts";
import { parseWindow, timeOfDay } from "../../schedule/window.ts";
import { isZone } from "../../schedule/zone.ts";
import { choice, Duration, oneOrMany, parsed, text } from "./fields.ts";
import { HOST_NAME } from "../locations/location.ts";
import { longDuration, parseLongDuration } from "./long-duration.ts";
import { suggestion } from "../load/nearest.ts";

const Cron = parsed("a cron expression such as 15 2 * * *, or @daily", parseCron);

const TimeZone = text("the name of a time zone such as Europe/Berlin").superRefine((name, context) => {
  if (isZone(name)) return;
  const near = suggestion(name, Intl.supportedValuesOf("timeZone"));
  context.addIssue({ code: "custom", message: `there is no time zone ${name}${near}` });
});

const WINDOW = "a part of the day such as 22:00-05:00";
const Window = parsed(WINDOW, parseWindow);

const DATE = "a day such as 2026-12-25, or 12-25 for every year";
const Day = text(DATE).refine(isDay, `expected ${DATE}`);

const MOST_DAYS = 30;
const MOST_STALE_DAYS = 366;
const DEADLINE = "a time of the day such as 06:00, or a duration such as 3h, at most 30d";
const DeadlineField = parsed(DEADLINE, (value): Deadline => {
  const at = timeOfDay(value);
  return at === undefined ? { afterMs: parseLongDuration(value, MOST_DAYS, DEADLINE) } : { at };
});

export const timeZone = TimeZone.default("UTC").describe(
  "The IANA name of the zone whose clocks count, such as Europe/Berlin; default UTC",
);

export const except = oneOrMany(DATE, Day).default([]);

export const longest = longDuration(MOST_DAYS)
  .optional()
  .describe("How long a run may take before it is cancelled: 6h; at most 30d. Default none");

const schedule = z
  .strictObject({
    cron: Cron.describe(
      "When it is due: minute, hour, day of the month, month, weekday, with seconds in front if wanted; or @hourly, @daily, @weekly, @monthly, @yearly. Where both days say something, either suffices",
    ),
    timeZone,
    overlap: choice("skip", "queue-one", "replace")
      .default("skip")
      .describe(
        "When the run before goes on still: skip this one; queue-one: run it afterwards, with one waiting at most; replace: cancel the one before. Default skip",
      ),
    missed: choice("skip", "once", "all")
      .default("once")
      .describe(
        "What becomes of due times at which no scheduler ran: skip them, run once for them all, or run all. Default once",
      ),
    jitter: Duration.optional().describe(
      "A run starts up to this much later than it is due, each time by another length: 5m; at most 1d. Default none",
    ),
    only: oneOrMany(WINDOW, Window)
      .default([])
      .describe(
        "Parts of the day in which runs may start, such as 22:00-05:00; a due time outside of them is none. Default always",
      ),
    except: except.describe(
      "Days on which no run starts, such as 2026-12-25, or 12-25 for every year; default none",
    ),
    deadline: DeadlineField.optional().describe(
      "Until when a run has to have ended, or it is told to be late: a time of the day such as 06:00, or a length of time after it was due. Default none",
    ),
    longest,
  })
  .superRefine((value, context) => {
    const fault = faultOf(value);
    if (fault !== undefined) {
      context.addIssue({ code: "custom", path: [fault], message: "leaves no due time of the cron" });
    }
  });
export type Schedule = z.infer<typeof schedule>;

/** What a job says of when it runs, beside what it does. */
export const scheduleOptions = {
  schedule: schedule.optional().describe("When the job runs by itself; else only when it is asked for"),
  after: z
    .strictObject({
      job: text("the name of a job", HOST_NAME).describe("The job whose runs this one follows"),
      on: choice("success", "always")
        .default("success")
        .describe(
          "success: after a run in which all files succeeded; always: however it ended. Default success",
        ),
    })
    .optional()
    .describe("Runs whenever a run of another job has ended"),
  staleAfter: longDuration(MOST_STALE_DAYS)
    .optional()
    .describe(
      "How long the job may go without a run in which all files succeeded before that is told (stale): 26h; at most 366d. Default never",
    ),
  priority: choice("low", "normal", "high")
    .default("normal")
    .describe("Which jobs' work is done first where there is more than the workers can take; default normal"),
} as const;

function isDay(date: string): boolean {
  const [, year = "2024", monthAndDay] = /^(?:(\d{4})-)?(\d{2}-\d{2})$/.exec(date) ?? [];
  const instant = Date.parse(`${year}-${monthAndDay}T00:00:00Z`);
  return !Number.isNaN(instant) && isoTime(instant).slice(5, 10) === monthAndDay;
}

/** What leaves no due time, if anything does. Schedules repeat themselves: one instant and zone stand for all. */
function faultOf({ cron, only, except }: Omit<Timetable, "timeZone">): "only" | "except" | undefined {
  const isFiring = (days: readonly string[]) =>
    nextDue({ cron, only, except: days, timeZone: "UTC" }, 0) !== undefined;
  if (!isFiring([])) return "only";
  return isFiring(except) ? undefined : "except";
}
