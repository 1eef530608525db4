import { z } from "zod";
import { parseInstant, skipDue } from "../../orchestrator/scheduler/skip.ts";
import { route } from "../route.ts";
import { JobDetail, JobList, JobView, Skip } from "../views/schemas.ts";
import { viewOfJob, viewsOf } from "../views/standing.ts";
import { visibleJob, visibleJobs } from "../access/visible.ts";
import { isoOf } from "../views/views.ts";

export const listJobs = route({
  id: "listJobs",
  method: "get",
  path: "/api/v1/jobs",
  role: "read",
  summary: "All jobs, with their next due time and the outcome of their last run",
  answer: JobList,
  handle: async (deps, { caller }) => {
    const { definitions, faults } = await visibleJobs(deps, caller);
    return { jobs: [...(await viewsOf(definitions, deps.installation))], faults: [...faults] };
  },
});

export const getJob = route({
  id: "getJob",
  method: "get",
  path: "/api/v1/jobs/{job}",
  role: "read",
  summary: "One job, with the contents of its file",
  answer: JobDetail,
  problems: [404],
  handle: async (deps, { params, caller }) => {
    const definition = await visibleJob(deps, caller, params["job"] ?? "");
    return { ...(await viewOfJob(definition, deps.installation)), document: definition.document };
  },
});

export const pauses = (["pause", "resume"] as const).map((what) =>
  route({
    id: `${what}Job`,
    method: "post",
    path: `/api/v1/jobs/{job}/${what}`,
    role: "operate",
    summary:
      what === "pause"
        ? "Pause the schedule of a job; a run in progress continues"
        : "Resume the schedule of a job",
    answer: JobView,
    problems: [404],
    handle: async (deps, { params, caller }) => {
      const { installation } = deps;
      const definition = await visibleJob(deps, caller, params["job"] ?? "");
      await installation.control.pauseJob(definition.name, what === "pause");
      return viewOfJob(definition, installation);
    },
  }),
);

/** One due time; in the query, since there is one thing to say. */
const Due = z.strictObject({
  due: z
    .string()
    .refine((text) => parseInstant(text) !== undefined, "expected a time such as 2026-12-24T02:15:00Z")
    .optional()
    .describe("Due time, ISO 8601 (default: the next one that this changes)"),
});

export const skips = (["skip", "unskip"] as const).map((what) =>
  route({
    id: `${what}DueTime`,
    method: "post",
    path: `/api/v1/jobs/{job}/${what}`,
    role: "operate",
    summary: what === "skip" ? "Skip one due time of a job" : "Undo a skip",
    query: Due,
    answer: Skip,
    problems: [404],
    handle: async (deps, { params, caller, query: { due } }) => {
      const { kv, clock } = deps.installation;
      const { name, job } = await visibleJob(deps, caller, params["job"] ?? "");
      const asked = due === undefined ? undefined : parseInstant(due);
      const order = { job: name, schedule: job.schedule, dueMs: asked, undo: what === "unskip" };
      const dueMs = await skipDue(order, kv.skips, clock.now());
      return { job: name, dueAt: isoOf(dueMs), skipped: what === "skip" };
    },
  }),
);
