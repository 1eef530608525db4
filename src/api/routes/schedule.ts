import { z } from "zod";
import { text } from "../../config/schema/fields.ts";
import { route } from "../route.ts";
import { DueList, JobName } from "../schemas.ts";
import { skippedOf } from "../standing.ts";
import { dueOf } from "../views.ts";
import { visibleJob, visibleJobs } from "../visible.ts";

export const nextDue = route({
  id: "listDueTimes",
  method: "get",
  path: "/api/v1/schedule/next",
  role: "read",
  summary: "When schedules will fire, the earliest first",
  query: z.strictObject({
    job: JobName.optional().describe("Of this job only"),
    count: text("a whole number from 1 to 100", /^([1-9]\d?|100)$/)
      .default("1")
      .describe("How many times of each job, 1 to 100; default 1"),
  }),
  answer: DueList,
  problems: [404],
  handle: async (deps, { caller, query: { job, count } }) => {
    const { installation } = deps;
    const nowMs = installation.clock.now();
    const chosen =
      job === undefined
        ? (await visibleJobs(deps, caller)).definitions
        : [await visibleJob(deps, caller, job)];
    const due = await Promise.all(
      chosen.map(async (one) => {
        const { isPaused: paused } = await installation.store.job(one.name);
        const skipped = await skippedOf(one, installation);
        return dueOf(one, skipped, nowMs, Number(count)).map((due) => ({ ...due, paused }));
      }),
    );
    return { due: due.flat().sort((one, two) => Date.parse(one.startAt) - Date.parse(two.startAt)) };
  },
});
