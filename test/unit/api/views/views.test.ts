import { expect, test } from "vitest";
import { DueList, JobView, RunView } from "../../../../src/api/views/schemas.ts";
import { dueOf, jobView, runView } from "../../../../src/api/views/views.ts";
import { jobSchemaFor } from "../../../../src/config/schema/jobs.ts";
import type { Definition } from "../../../../src/orchestrator/definitions.ts";
import { noCounts, type Run } from "../../../../src/orchestrator/runs/run.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

function definition(document: object): Definition {
  return { name: "j", file: "jobs/j.yaml", document, job: jobSchemaFor(document).parse(document), rules: [] };
}

const nightly = definition({
  mirror: { from: "a:x", to: "b:x" },
  schedule: { cron: "15 2 * * *", timeZone: "Europe/Berlin" },
});
const days = (...all: number[]) => all.map((day) => Date.parse(`2026-11-${day}T01:15:00Z`));

test("skipped due times are marked as skipped, and are not the next one", () => {
  const due = dueOf(nightly, days(22, 24), NOW, 3).map((one) => ({ ...one, paused: false }));
  expect(DueList.parse({ due }).due.map(({ dueAt, skipped }) => [dueAt.slice(8, 10), skipped])).toEqual([
    ["22", true],
    ["23", false],
    ["24", true],
  ]);
  const view = jobView(nightly, { record: { isPaused: false }, skipped: days(22, 23) }, NOW);
  expect(JobView.parse(view).next?.dueAt).toBe("2026-11-24T01:15:00.000Z");
});

test("a job without a schedule is never due, and what is not known of it is left out", () => {
  const job = definition({ copy: { from: ["a:x", "a:y"], to: "b:" }, priority: "high" });
  const view = jobView(job, { record: { isPaused: true }, skipped: [] }, NOW);
  expect(view).toEqual({
    name: "j",
    kind: "copy",
    from: ["a:x", "a:y"],
    to: "b:",
    priority: "high",
    paused: true,
    stale: false,
  });
});

test("how the last run of a job ended is told with when", () => {
  const record = {
    isPaused: false,
    lastRun: "r",
    lastOutcome: "partial",
    lastEndedMs: NOW,
    lastGoodMs: NOW - 1_000,
  } as const;
  expect(jobView(nightly, { record, skipped: [] }, NOW)).toMatchObject({
    lastRun: { id: "r", outcome: "partial", endedAt: "2026-11-21T12:00:00.000Z" },
    lastGoodAt: "2026-11-21T11:59:59.000Z",
  });
});

test("a run is shown with its counters in groups and its times in readable form", () => {
  const run: Run = {
    id: "r",
    order: {
      job: "j",
      document: {},
      rules: [],
      dryRun: false,
      requestedBy: "schedule",
      because: "due",
      dueMs: NOW,
    },
    state: "running",
    wish: "run",
    createdMs: NOW,
    generation: 2,
    counters: { ...noCounts(), copied: 3, thirdParty: 5_000_000_000, files: 9, bytes: 7, retries: 1 },
    isRecovery: false,
  };
  const view = runView(run);
  expect(RunView.parse(view)).toEqual(view);
  expect(view).toMatchObject({
    begun: 2,
    dueAt: "2026-11-21T12:00:00.000Z",
    planned: { files: 9, bytes: 7 },
    files: { copied: 3, failed: 0 },
    bytes: { thirdParty: 5_000_000_000, relayed: 0, serverSide: 0, resumed: 0 },
  });
  expect(Object.keys(view)).not.toContain("endedAt");
});

test("the command line's record of a run is the API's, with the order of the run in addition", () => {
  const order: Run["order"] = {
    ...{ job: "j", document: {}, rules: [], dryRun: false, requestedBy: "person", because: "test" },
  };
  const told = {
    id: "r",
    order,
    state: "ended",
    wish: "run",
    createdMs: NOW,
    endedMs: NOW,
    generation: 1,
  } as const;
  const run: Run = { ...told, order, counters: noCounts(), isRecovery: true };
  const names = (record: object) => Object.keys(record).sort();
  expect(names({ ...runView(run), ...run })).toEqual(names({ ...runView(run), order }));
});
