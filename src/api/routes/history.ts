import { z } from "zod";
import { text } from "../../config/schema/fields.ts";
import { HistoryList, JobHistory } from "../views/history-schemas.ts";
import { historyDayView, historyView } from "../views/history-views.ts";
import { route } from "../route.ts";
import { visibleJob, visibleJobs } from "../access/visible.ts";

const DAY_MS = 86_400_000;
const Few = text("a whole number from 1 to 100", /^([1-9]\d?|100)$/);
const Many = text("a whole number from 1 to 2000", /^([1-9]\d{0,2}|1\d{3}|2000)$/);
const Days = text("a whole number from 0 to 3650", /^(0|[1-9]\d{0,2}|[12]\d{3}|3[0-5]\d{2}|36[0-4]\d|3650)$/);

export const jobHistory = route({
  id: "getJobHistory",
  method: "get",
  path: "/api/v1/jobs/{job}/history",
  role: "read",
  summary: "Outcomes of a job's runs, including runs whose records have been deleted, but no dry runs",
  query: z.strictObject({
    runs: Many.default("100").describe("Maximum number of runs, 1 to 2000 (default: 100)"),
    days: Days.default("90").describe("Number of past days to sum up, 0 to 3650 (default: 90)"),
  }),
  answer: JobHistory,
  problems: [404],
  handle: async (deps, { params, caller, query: { runs, days } }) => {
    const { history, clock } = deps.installation;
    const { name } = await visibleJob(deps, caller, params["job"] ?? "");
    const [entries, sums] = await Promise.all([
      history.runs(name, Number(runs)),
      history.days(name, clock.now() - Number(days) * DAY_MS),
    ]);
    return { job: name, runs: entries.map(historyView), days: sums.map(historyDayView) };
  },
});

export const allHistory = route({
  id: "listHistory",
  method: "get",
  path: "/api/v1/history",
  role: "read",
  summary: "Outcomes of the last runs of every job",
  query: z.strictObject({
    runs: Few.default("20").describe("Maximum number of runs per job, 1 to 100 (default: 20)"),
  }),
  answer: HistoryList,
  handle: async (deps, { caller, query: { runs } }) => {
    const { definitions } = await visibleJobs(deps, caller);
    const names = definitions.map(({ name }) => name);
    const found = await deps.installation.history.runsOfAll(names, Number(runs));
    return { jobs: [...found].map(([job, entries]) => ({ job, runs: entries.map(historyView) })) };
  },
});
