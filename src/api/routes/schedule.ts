import { z } from "zod";
import { text } from "../../config/schema/fields.ts";
import type { Definition } from "../../orchestrator/definitions.ts";
import { openTimes } from "../../schedule/open-times.ts";
import { route } from "../route.ts";
import { DueList, type OpenTimeView } from "../views/schemas.ts";
import { JobName } from "../views/submission-schemas.ts";
import { skippedOf } from "../views/standing.ts";
import { dueOf, isoOf } from "../views/views.ts";
import { visibleJob, visibleJobs } from "../access/visible.ts";

export const dueTimesRoute = route({
  id: "listDueTimes",
  method: "get",
  path: "/api/v1/schedule/next",
  role: "read",
  summary: "Upcoming due times, earliest first",
  query: z.strictObject({
    job: JobName.optional().describe("Only this job"),
    count: text("a whole number from 1 to 100", /^([1-9]\d?|100)$/)
      .default("1")
      .describe("Number of due times per job, 1 to 100 (default: 1)"),
    hours: text("a whole number from 1 to 168", /^([1-9]\d?|1[0-5]\d|16[0-8])$/)
      .optional()
      .describe("Only due times within this many hours, 1 to 168 (default: all)"),
  }),
  answer: DueList,
  problems: [404],
  handle: async (deps, { caller, query: { job, count, hours } }) => {
    const { installation } = deps;
    const nowMs = installation.clock.now();
    const chosen =
      job === undefined
        ? (await visibleJobs(deps, caller)).definitions
        : [await visibleJob(deps, caller, job)];
    const due = await Promise.all(
      chosen.map(async (one) => {
        const { isPaused: paused } = await installation.store.jobs.get(one.name);
        const skipped = await skippedOf(one, installation);
        return dueOf(one, skipped, nowMs, Number(count)).map((due) => ({ ...due, paused }));
      }),
    );
    const untilMs = hours === undefined ? Number.POSITIVE_INFINITY : nowMs + Number(hours) * 3_600_000;
    const within = due.flat().filter(({ startAt }) => Date.parse(startAt) <= untilMs);
    const windows =
      hours === undefined ? {} : { windows: chosen.flatMap((one) => windowsOf(one, nowMs, untilMs)) };
    return {
      ...windows,
      due: within.sort((one, two) => Date.parse(one.startAt) - Date.parse(two.startAt)),
    };
  },
});

function windowsOf({ name, job }: Definition, fromMs: number, untilMs: number): readonly OpenTimeView[] {
  const { schedule } = job;
  const open = schedule === undefined ? undefined : openTimes(schedule, fromMs, untilMs);
  return (open ?? []).map(({ fromMs: from, toMs: to }) => ({ job: name, from: isoOf(from), to: isoOf(to) }));
}
