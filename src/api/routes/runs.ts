import { z } from "zod";
import { choice, text } from "../../config/schema/fields.ts";
import type { Run } from "../../orchestrator/runs/run.ts";
import { readAs, Refusal } from "../problem.ts";
import { route } from "../route.ts";
import { notesOf } from "../run-notes.ts";
import { FilesInFlight, LogPage, RunDetail, RunList, RunView, TranscriptsView } from "../views/schemas.ts";
import { JobName, Submission, submissionSchemaFor } from "../views/submission-schemas.ts";
import { type Document, submittedBy } from "../submission.ts";
import { flyingOf } from "../views/standing.ts";
import { inFlightViews, isOpaqueOrder, logViews, runView, transcriptView } from "../views/views.ts";
import { maySeeRun, visibleRun } from "../access/visible.ts";

/** Runs that are looked at for those that a caller may see. */
const MOST_LOOKED = 10_000;

const Limit = text("a whole number from 1 to 1000", /^([1-9]\d{0,2}|1000)$/);

export const listRuns = route({
  id: "listRuns",
  method: "get",
  path: "/api/v1/runs",
  role: "read",
  summary: "The most recent runs, newest first",
  query: z.strictObject({
    job: JobName.optional().describe("Only this job"),
    state: choice("queued", "running", "ended").optional().describe("Only this state"),
    limit: Limit.default("50").describe("Maximum number of runs, 1 to 1000 (default: 50)"),
  }),
  answer: RunList,
  handle: async ({ installation: { control, store } }, { caller, query: { job, state, limit } }) => {
    const most = Number(limit);
    const isAsked = (run: Run) =>
      (job === undefined || run.order.job === job) &&
      (state === undefined || run.state === state) &&
      maySeeRun(caller, run);
    const open = await store.unfinished();
    if (state === "queued" || state === "running")
      return {
        runs: [...open]
          .reverse()
          .filter(isAsked)
          .slice(0, most)
          .map((run) => runView(run)),
      };
    // What is left out makes room for older ones.
    for (let last = state === "ended" ? most + open.length : most; ; last *= 4) {
      const found = await control.runs(last, job);
      const runs = found.filter(isAsked);
      if (runs.length >= most || found.length < last || last > MOST_LOOKED)
        return { runs: runs.slice(0, most).map((run) => runView(run)) };
    }
  },
});

const Key = z.object({
  "idempotency-key": text("1 to 255 printable characters", /^[\x20-\x7e]{1,255}$/)
    .optional()
    .describe("Two submissions with the same key start only one run"),
});

export const submitRun = route({
  id: "submitRun",
  method: "post",
  path: "/api/v1/runs",
  role: "operate",
  summary: "Start a run now, of a job in jobs/ or of a job defined in the request",
  headers: Key,
  body: Submission,
  bodyFor: submissionSchemaFor,
  answer: RunView,
  status: 202,
  problems: [404, 409],
  handle: async (deps, { http, caller, body }) => {
    const { control } = deps.installation;
    const given = http.req.header("idempotency-key");
    const { "idempotency-key": key } = readAs(
      "headers",
      given === undefined ? {} : { "idempotency-key": given },
      Key,
    );
    const submitted = await submittedBy(body as Document, key, deps, caller);
    const run = await control.submit({ ...submitted, by: caller.name });
    if (!maySeeRun(caller, run))
      throw new Refusal(
        409,
        "this Idempotency-Key has already been used for a different request; choose another key",
      );
    http.header("Location", `/api/v1/runs/${run.id}`);
    http.set("affected", { run: run.id });
    return runView(run);
  },
});

export const getRun = route({
  id: "getRun",
  method: "get",
  path: "/api/v1/runs/{run}",
  role: "read",
  summary: "Everything known about a run",
  answer: RunDetail,
  problems: [404],
  handle: async (deps, { params, caller }) => {
    const run = await visibleRun(deps, caller, params["run"] ?? "");
    const { document, rules } = run.order;
    const isOpaque = isOpaqueOrder(run.order);
    const { store } = deps.installation;
    const causes = isOpaque ? [] : [...(await store.causes.of(run.id))];
    const notes = [...(await notesOf(run, deps.installation, deps.directories, isOpaque))];
    return { ...runView(run, await flyingOf(run, deps)), causes, notes, document, rules };
  },
});

export const getLog = route({
  id: "getRunLog",
  method: "get",
  path: "/api/v1/runs/{run}/log",
  role: "read",
  summary: "Log of a run, oldest entries first; for long runs, the last 20,000 entries are kept",
  query: z.strictObject({
    after: text("the id of a log entry", /^\d+(-\d+)?$/)
      .default("0")
      .describe("Only entries after this one"),
    limit: Limit.default("1000").describe("Maximum number of entries, 1 to 1000 (default: 1000)"),
  }),
  answer: LogPage,
  problems: [404],
  handle: async (deps, { params, caller, query: { after, limit } }) => {
    const run = await visibleRun(deps, caller, params["run"] ?? "");
    const entries = await deps.installation.store.logs(run.id, after, Number(limit));
    return { entries: logViews(entries, run), next: entries.at(-1)?.id ?? after };
  },
});

export const getTranscripts = route({
  id: "getRunTranscripts",
  method: "get",
  path: "/api/v1/runs/{run}/transcripts",
  role: "read",
  summary:
    "Conversations with both servers about files that failed (with keepTranscripts: about all files), secrets masked, the oldest first",
  answer: TranscriptsView,
  problems: [404],
  handle: async (deps, { params, caller }) => {
    const run = await visibleRun(deps, caller, params["run"] ?? "");
    if (isOpaqueOrder(run.order)) return { files: [], leftOut: 0 };
    const { files, leftOut } = await deps.installation.store.transcripts.of(run.id);
    return { files: files.map(transcriptView), leftOut };
  },
});

export const getInFlight = route({
  id: "getFilesInFlight",
  method: "get",
  path: "/api/v1/runs/{run}/in-flight",
  role: "read",
  summary: "Files of a run that are being copied now, oldest first, with their progress",
  answer: FilesInFlight,
  problems: [404],
  handle: async (deps, { params, caller }) => {
    const run = await visibleRun(deps, caller, params["run"] ?? "");
    return { files: inFlightViews(await flyingOf(run, deps), run) };
  },
});

const SUMMARIES = {
  cancel: "Cancel a run; transfers in progress stop within seconds",
  pause: "Pause a run; transfers in progress stop within seconds and are resumed later",
  resume: "Resume a run",
  retry:
    "Start a run of only the files that failed in this run; returns the one that there is, until that has ended",
} as const;

export const orders = (["cancel", "pause", "resume", "retry"] as const).map((what) =>
  route({
    id: `${what}Run`,
    method: "post",
    path: `/api/v1/runs/{run}/${what}`,
    role: "operate",
    summary: SUMMARIES[what],
    answer: RunView,
    status: 202,
    problems: [404, 409],
    handle: async (deps, { params, caller, http }) => {
      const { id } = await visibleRun(deps, caller, params["run"] ?? "");
      const run = await deps.installation.control[what](id);
      http.set("affected", { run: run.id });
      return runView(run);
    },
  }),
);
