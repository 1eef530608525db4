import { z } from "zod";
import { COUNTERS, type Counters } from "../../orchestrator/runs/run.ts";

/** What is asked and answered, by the names that the OpenAPI document has for it. */
export const shapes = z.registry<{ id: string }>();

export function named<T extends z.ZodType>(id: string, schema: T): T {
  shapes.add(schema, { id });
  return schema;
}

export const natural = () => z.int().nonnegative();
export const at = (what: string) => z.iso.datetime().describe(`${what}, ISO 8601 in UTC`);
export const Outcome = z.enum(["succeeded", "partial", "failed", "refused", "cancelled"]);
const document = z.record(z.string(), z.unknown());

const run = {
  id: z.string(),
  job: z.string(),
  state: z.enum(["queued", "running", "ended"]),
  wish: z.enum(["run", "pause", "cancel"]).describe("Requested state; it takes effect within two seconds"),
  outcome: Outcome.optional().describe("Outcome, once the run has ended"),
  because: z.string().optional().describe("Reason for the outcome, if there is a single one"),
  requestedBy: z.enum(["schedule", "person", "chain", "arrival", "retry"]),
  requestedBecause: z.string(),
  retryOf: z.string().optional().describe("The run whose failed files are retried"),
  dryRun: z.boolean(),
  createdAt: at("When it was requested"),
  dueAt: at("Due time of its schedule").optional(),
  notBefore: at("When it may start").optional(),
  startedAt: at("When it was first started").optional(),
  endedAt: at("When it ended").optional(),
  begun: natural().describe("Number of starts; increases by one each time the run loses its worker"),
  planned: z
    .object({ files: natural(), bytes: natural() })
    .describe("Files and bytes to copy, as far as they are known"),
  files: z.object({
    copied: natural(),
    kept: natural(),
    deleted: natural(),
    skipped: natural(),
    failed: natural(),
  }),
  bytes: z
    .object({ thirdParty: natural(), relayed: natural(), serverSide: natural(), resumed: natural() })
    .describe(
      "Bytes by method: thirdParty, server to server; relayed, through workers; serverSide, within one server; resumed, already at the target",
    ),
  retries: natural().describe("Retries, summed over all files"),
  // The same once more, as the command line has always written it.
  generation: natural().describe("Number of starts"),
  isRecovery: z.boolean().describe("Whether it succeeded after an unsuccessful run of the same job"),
  createdMs: z.number().describe("As createdAt, in milliseconds since 1970"),
  startedMs: z.number().optional().describe("As startedAt, in milliseconds since 1970"),
  endedMs: z.number().optional().describe("As endedAt, in milliseconds since 1970"),
  counters: z
    .object(Object.fromEntries(COUNTERS.map((name) => [name, natural()])) as Record<keyof Counters, z.ZodInt>)
    .describe("All counters in one object: files, bytes, planned and retries"),
};

const inFlight = z
  .object({
    files: natural(),
    bytes: natural().describe("Bytes that are known to have arrived at the targets so far"),
  })
  .optional()
  .describe(
    "Files that have been in transfer for more than a second; their bytes are not included in any other counter",
  );

export const RunView = named("Run", z.object({ ...run, inFlight }));
export type RunView = z.infer<typeof RunView>;

export const RunDetail = named(
  "RunDetail",
  z.object({
    ...run,
    inFlight,
    causes: z
      .array(z.object({ because: z.string(), count: natural() }))
      .describe("Reasons for failed files, without file names, most frequent first"),
    notes: z
      .array(z.string())
      .describe("Remarks about the whole run, such as bytes that were transferred without encryption"),
    document: z.unknown().describe("The job definition when the run was requested"),
    rules: z.array(document),
  }),
);

export const RunList = named("RunList", z.object({ runs: z.array(RunView) }));

const FileInFlight = z.object({
  source: z.string(),
  target: z.string(),
  size: natural().optional().describe("Size in bytes; absent if the source does not report it"),
  bytes: natural().describe("Bytes that the target is known to have so far"),
  startedAt: at("When its copy started"),
  by: z
    .enum(["third-party", "relay", "server-side"])
    .optional()
    .describe(
      "How its bytes are transferred now; changes if another way has to be tried; absent until the transfer starts",
    ),
  method: z.string().optional().describe("Name of the third-party method"),
  local: z
    .enum(["source", "target", "both"])
    .optional()
    .describe("Which side is the worker's own machine; absent if neither is"),
  worker: z
    .string()
    .optional()
    .describe("ID of the worker that copies it, as shown by `fxpd workers --json`"),
  lane: z
    .int()
    .min(1)
    .optional()
    .describe("Number of the lane in that worker; each lane copies one file at a time"),
});
export type FileInFlightView = z.infer<typeof FileInFlight>;

export const FilesInFlight = named("FilesInFlight", z.object({ files: z.array(FileInFlight) }));

const SpokenLine = z.object({
  at: at("When it was sent or received"),
  host: z.string(),
  from: z
    .enum(["us", "server", "note"])
    .describe("us: sent by fxpd; server: sent by the server; note: a remark about the connection"),
  text: z.string().describe("Command or reply, secrets masked"),
});
const TranscriptView = z.object({
  during: z
    .enum(["planning", "connecting"])
    .optional()
    .describe(
      "planning: logins and listings before files are copied; connecting: a lane that could not continue; absent: the copy of this file",
    ),
  path: z
    .string()
    .optional()
    .describe("The path that could not be planned; absent if it concerns the whole run"),
  source: z.string(),
  target: z.string(),
  outcome: z.enum(["succeeded", "partial", "failed", "cancelled"]),
  lines: z
    .array(SpokenLine)
    .describe("The first and the last lines; a note between them gives the number of omitted lines"),
});
export type TranscriptView = z.infer<typeof TranscriptView>;

export const TranscriptsView = named(
  "Transcripts",
  z.object({
    files: z.array(TranscriptView),
    leftOut: natural().describe("Number of transcripts that were not kept because the run has too many"),
  }),
);

export const LogEntryView = named(
  "LogEntry",
  z.looseObject({
    id: z.string().describe("Value for `after` and Last-Event-ID"),
    at: at("When the entry was written"),
    event: z.string().describe("transfer, retry, action, fault, plan, note or summary, as with --json"),
    cause: z
      .string()
      .optional()
      .describe("For a failure: the reason without file names, as in causes of the run"),
  }),
);

export const LogPage = named(
  "LogPage",
  z.object({
    entries: z.array(LogEntryView),
    next: z.string().describe("Value of `after` for the next page"),
  }),
);

const Due = z.object({ dueAt: at("Due time"), startAt: at("Start time including jitter") });

const job = {
  name: z.string(),
  kind: z.enum(["copy", "mirror"]),
  from: z.array(z.string()),
  to: z.string(),
  priority: z.enum(["low", "normal", "high"]),
  schedule: document.optional().describe("As in the job file"),
  after: document.optional().describe("The job it follows, as in the job file"),
  watch: document.optional().describe("The directory it watches, as in the job file"),
  paused: z.boolean().describe("Whether its schedule is paused"),
  next: Due.optional().describe("The next due time that starts a run"),
  lastRun: z.object({ id: z.string(), outcome: Outcome, endedAt: at("When it ended") }).optional(),
  stale: z
    .boolean()
    .describe("Whether the last successful run is longer ago than the job allows (staleAfter)"),
  staleAt: at(
    "When it is stale, or will be unless a run succeeds before; absent without staleAfter",
  ).optional(),
  lastGoodAt: at(
    "End of the last run after which the job was complete; a retry counts as described for `staleAfter`",
  ).optional(),
};

export const JobView = named("Job", z.object(job));
export type JobView = z.infer<typeof JobView>;

export const JobDetail = named("JobDetail", z.object({ ...job, document: z.unknown() }));

export const JobList = named(
  "JobList",
  z.object({
    jobs: z.array(JobView),
    faults: z.array(z.string()).describe("Errors in the job files; the previous definitions stay in use"),
  }),
);

const skipped = z.boolean().describe("Whether this due time is skipped (POST …/skip)");
const DueOfJob = Due.extend({ job: z.string(), skipped });
const OpenTime = z.object({ job: z.string(), from: at("When it opens"), to: at("When it closes") });
export type OpenTimeView = z.infer<typeof OpenTime>;
export const DueList = named(
  "DueList",
  z.object({
    due: z.array(DueOfJob.extend({ paused: job.paused })),
    windows: z
      .array(OpenTime)
      .optional()
      .describe("With hours: when runs of jobs that have windows (`only`) may start within these"),
  }),
);
/** A due time, and whether it gives a run. */
export const Skip = named("Skip", z.object({ job: z.string(), dueAt: at("Due time"), skipped }));
export type DueView = z.infer<typeof DueOfJob>;

const Learned = z
  .object({ limit: natural(), at: at("When it last refused a connection because of too many") })
  .describe("Connections the server allows, if fewer than in its file; one more is tried every ten minutes");

const Waiting = z.object({
  job: z.string(),
  demands: natural().describe("Lanes that wait for a connection"),
});

export const HostList = named(
  "HostList",
  z.object({
    hosts: z.array(
      z.object({
        name: z.string(),
        address: z.string().optional(),
        port: z.int().optional(),
        slots: z
          .object({
            inUse: natural(),
            limit: natural(),
            learned: Learned.optional(),
            waiting: z
              .array(Waiting)
              .optional()
              .describe("Who waits for connections; the longest queue first"),
          })
          .optional(),
        paused: z
          .object({ until: at("When it is retried"), because: z.string(), times: natural() })
          .optional()
          .describe("Why the host is paused"),
        fault: z.string().optional().describe("Errors in its host file"),
      }),
    ),
  }),
);
export type HostView = z.infer<typeof HostList>["hosts"][number];

export const Reloaded = named(
  "Reloaded",
  z.object({
    jobs: natural(),
    schedulers: natural().describe("Number of schedulers that received the reload request"),
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
    detail: z.string().describe("Explanation in one sentence"),
    faults: z.array(z.object({ key: z.string(), message: z.string() })).optional(),
  }),
);
export type Problem = z.infer<typeof Problem>;
