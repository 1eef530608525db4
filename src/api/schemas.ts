import { z } from "zod";
import { JobFile } from "../config/schema/jobs.ts";
import { HOST_NAME } from "../config/locations/location.ts";
import { text, yesOrNo } from "../config/schema/fields.ts";
import { COUNTERS, type Counters } from "../orchestrator/runs/run.ts";

/** What is asked and answered, by the names that the OpenAPI document has for it. */
export const shapes = z.registry<{ id: string }>();

export function named<T extends z.ZodType>(id: string, schema: T): T {
  shapes.add(schema, { id });
  return schema;
}

export const count = () => z.int().nonnegative();
export const at = (what: string) => z.iso.datetime().describe(`${what}, ISO 8601 in UTC`);
export const Outcome = z.enum(["succeeded", "partial", "failed", "refused", "cancelled"]);
const document = z.record(z.string(), z.unknown());

const run = {
  id: z.string(),
  job: z.string(),
  state: z.enum(["queued", "running", "ended"]),
  wish: z.enum(["run", "pause", "cancel"]).describe("What is wanted of it; it follows within two seconds"),
  outcome: Outcome.optional().describe("Where it has ended"),
  because: z.string().optional().describe("Why it ended so, where that is one reason"),
  requestedBy: z.enum(["schedule", "person", "chain", "arrival", "retry"]),
  requestedBecause: z.string(),
  retryOf: z.string().optional().describe("The run whose failed files are tried again"),
  dryRun: z.boolean(),
  createdAt: at("When it was asked for"),
  dueAt: at("When its schedule was due").optional(),
  notBefore: at("When it may start").optional(),
  startedAt: at("When it was first begun").optional(),
  endedAt: at("When it ended").optional(),
  begun: count().describe("How often: once more each time that its worker was lost"),
  planned: z.object({ files: count(), bytes: count() }).describe("What is to be copied, as far as is known"),
  files: z.object({ copied: count(), kept: count(), deleted: count(), skipped: count(), failed: count() }),
  bytes: z
    .object({ thirdParty: count(), relayed: count(), serverSide: count(), resumed: count() })
    .describe("Server to server, through workers, by a server itself; there already"),
  retries: count().describe("Tries after the first, of all files"),
  // The same once more, as the command line has always told it.
  generation: count().describe("As begun"),
  isRecovery: z.boolean().describe("Whether it went well after one of its job that did not"),
  createdMs: z.number().describe("As createdAt, in milliseconds since 1970"),
  startedMs: z.number().optional().describe("As startedAt, in milliseconds since 1970"),
  endedMs: z.number().optional().describe("As endedAt, in milliseconds since 1970"),
  counters: z
    .object(Object.fromEntries(COUNTERS.map((name) => [name, count()])) as Record<keyof Counters, z.ZodInt>)
    .describe("All counts in one: of files, bytes, planned and retries"),
};

const inFlight = z
  .object({
    files: count(),
    bytes: count().describe("That their targets have so far, as far as that is seen"),
  })
  .optional()
  .describe(
    "Files that are being copied now and were not done within a second; these bytes are in no other count",
  );

export const RunView = named("Run", z.object({ ...run, inFlight }));
export type RunView = z.infer<typeof RunView>;

export const RunDetail = named(
  "RunDetail",
  z.object({
    ...run,
    inFlight,
    causes: z
      .array(z.object({ because: z.string(), count: count() }))
      .describe("Why files failed, without their names, the most frequent reason first"),
    document: z.unknown().describe("The job as it was when the run was asked for"),
    rules: z.array(document),
  }),
);

export const RunList = named("RunList", z.object({ runs: z.array(RunView) }));

const FileInFlight = z.object({
  source: z.string(),
  target: z.string(),
  size: count().optional().describe("Bytes, where the source tells"),
  bytes: count().describe("That the target has so far, as far as that is seen"),
  startedAt: at("When it was begun"),
});
export type FileInFlightView = z.infer<typeof FileInFlight>;

export const FilesInFlight = named("FilesInFlight", z.object({ files: z.array(FileInFlight) }));

export const LogEntryView = named(
  "LogEntry",
  z.looseObject({
    id: z.string().describe("What `after` and Last-Event-ID take"),
    at: at("When it was written down"),
    event: z.string().describe("transfer, retry, action, fault, plan, note or summary, as with --json"),
  }),
);

export const LogPage = named(
  "LogPage",
  z.object({
    entries: z.array(LogEntryView),
    next: z.string().describe("What `after` is to be for what comes behind these"),
  }),
);

const Due = z.object({ dueAt: at("When it is due"), startAt: at("With its jitter") });

const job = {
  name: z.string(),
  kind: z.enum(["copy", "mirror"]),
  from: z.array(z.string()),
  to: z.string(),
  priority: z.enum(["low", "normal", "high"]),
  schedule: document.optional().describe("As the job's file has it"),
  after: document.optional().describe("The job that it follows, as its file has it"),
  watch: document.optional().describe("The directory whose files it waits for, as its file has it"),
  paused: z.boolean().describe("Whether its due times give no runs now"),
  next: Due.optional().describe("The next time that gives a run"),
  lastRun: z.object({ id: z.string(), outcome: Outcome, endedAt: at("When it ended") }).optional(),
  stale: z.boolean().describe("Whether no run has succeeded for as long as its file allows (staleAfter)"),
  staleAt: at(
    "When it is stale, or will be unless a run succeeds before; absent without staleAfter",
  ).optional(),
  lastGoodAt: at("When a run of it last ended with all files as they should be").optional(),
};

export const JobView = named("Job", z.object(job));
export type JobView = z.infer<typeof JobView>;

export const JobDetail = named("JobDetail", z.object({ ...job, document: z.unknown() }));

export const JobList = named(
  "JobList",
  z.object({
    jobs: z.array(JobView),
    faults: z.array(z.string()).describe("What is wrong with the files; the jobs are those of before, then"),
  }),
);

const skipped = z.boolean().describe("Whether it is to give no run, since somebody wants that");
const DueOfJob = Due.extend({ job: z.string(), skipped });
export const DueList = named("DueList", z.object({ due: z.array(DueOfJob.extend({ paused: job.paused })) }));
/** A due time, and whether it gives a run. */
export const Skip = named("Skip", z.object({ job: z.string(), dueAt: at("When it is due"), skipped }));
export type DueView = z.infer<typeof DueOfJob>;

const Learned = z
  .object({ limit: count(), at: at("When it last refused a connection as one too many") })
  .describe(
    "What the server allows, where that is less than its file says; tried one higher every ten minutes",
  );

export const HostList = named(
  "HostList",
  z.object({
    hosts: z.array(
      z.object({
        name: z.string(),
        address: z.string().optional(),
        port: z.int().optional(),
        slots: z.object({ inUse: count(), limit: count(), learned: Learned.optional() }).optional(),
        paused: z
          .object({ until: at("When it is tried again"), because: z.string(), times: count() })
          .optional()
          .describe("Why nothing goes on with it"),
        fault: z.string().optional().describe("What is wrong with its file"),
      }),
    ),
  }),
);
export type HostView = z.infer<typeof HostList>["hosts"][number];

export const Reloaded = named(
  "Reloaded",
  z.object({
    jobs: count(),
    schedulers: count().describe("How many heard that they are to read the configuration anew"),
  }),
);

export const Health = named("Health", z.object({ ok: z.boolean(), reasons: z.array(z.string()) }));

/** RFC 9457. */
export const Problem = named(
  "Problem",
  z.object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("One sentence for a person"),
    faults: z.array(z.object({ key: z.string(), message: z.string() })).optional(),
  }),
);
export type Problem = z.infer<typeof Problem>;

export const JobName = text("the name of a job", HOST_NAME).max(100, "expected at most 100 characters");

const asked = {
  dryRun: yesOrNo().default(false).describe("Say what would be done, and do nothing. Default false"),
};

const StoredJob = named(
  "StoredJob",
  z.strictObject({ job: JobName.describe("A job of this installation"), ...asked }).describe("One of jobs/"),
);

const [CopyJob, MirrorJob] = JobFile.options;
/** A run that is asked for now waits for nothing, and files on the API's machine are none of its business. */
const notNow = { schedule: true, after: true, watch: true, rulesFrom: true, staleAfter: true } as const;
const NO_REPORT =
  "a report is a file that fxpd run writes on its machine; what a run of the daemon did is told by GET /runs/{run} and its log";
const adHoc = {
  report: z.never(NO_REPORT).optional(),
  name: JobName.optional().describe("What it is to be called; one run of a name goes on at a time"),
  ...asked,
};
const AdHocCopy = named("AdHocCopy", CopyJob.omit(notNow).extend(adHoc).describe("Files to copy now"));
const AdHocMirror = named(
  "AdHocMirror",
  MirrorJob.omit(notNow).extend(adHoc).describe("A directory to mirror now"),
);

export const Submission = named("Submission", z.union([StoredJob, AdHocCopy, AdHocMirror]));
export type Submission = z.infer<typeof Submission>;

const Neither = z.never("expected job, copy or mirror");

/** The schema of what a document means to be, so that its faults are those of that. */
export function submissionSchemaFor(value: unknown): z.ZodType<Submission> {
  const has = (key: string) => typeof value === "object" && value !== null && key in value;
  if (has("job")) return StoredJob;
  if (has("mirror")) return AdHocMirror;
  return has("copy") ? AdHocCopy : Neither;
}
