import { z } from "zod";
import { at, named, natural, Outcome } from "./schemas.ts";
import { JobName } from "./submission-schemas.ts";

// What is kept of runs and links for long.

const seconds = z.number().nonnegative();
const counts = z.record(z.string(), natural());

export const HistoryView = named(
  "HistoryEntry",
  z.object({
    run: z.string().describe("ID of the run; its record may have been deleted"),
    outcome: Outcome,
    createdAt: at("When it was requested"),
    startedAt: at("When it was first started; absent if it never was").optional(),
    endedAt: at("When it ended"),
    seconds: seconds.describe("From its first start to its end").optional(),
    files: z.object({
      copied: natural(),
      kept: natural(),
      deleted: natural(),
      skipped: natural(),
      failed: natural(),
    }),
    bytes: z.object({
      thirdParty: natural(),
      relayed: natural(),
      serverSide: natural(),
      resumed: natural(),
    }),
    cause: z
      .string()
      .optional()
      .describe("Reason for the outcome, or the most frequent reason for failed files, without their names"),
  }),
);
export type HistoryView = z.infer<typeof HistoryView>;

const Day = z.object({
  day: z.iso.date().describe("In UTC"),
  runs: natural().describe("Runs that ended on this day"),
  succeeded: natural(),
  copied: natural(),
  failed: natural(),
  bytes: natural().describe("Bytes transferred by any method"),
  seconds: seconds.describe("Duration of these runs, added up"),
});
export type HistoryDayView = z.infer<typeof Day>;

export const JobHistory = named(
  "JobHistory",
  z.object({
    job: JobName,
    runs: z.array(HistoryView).describe("Latest first; the last 2000 runs of a job are kept"),
    days: z.array(Day).describe("Earliest first; ten years are kept"),
  }),
);

export const HistoryList = named(
  "HistoryList",
  z.object({ jobs: z.array(z.object({ job: JobName, runs: z.array(HistoryView) })) }),
);

const hour = {
  succeeded: natural().describe("Files copied"),
  failed: natural().describe("Files that failed"),
  bytes: natural().describe("Bytes transferred, including those of files that failed later"),
  transferSeconds: seconds.describe("Transfer times of all files added up, also if they overlap"),
  bytesPerSecond: natural()
    .optional()
    .describe("Average rate of one file; absent if nothing was transferred"),
  concurrency: z.number().nonnegative().describe("Average number of files in transfer at the same time"),
  methods: counts.describe("Number of files by method: a third-party method, relay or server-side"),
  causes: counts.optional().describe("Failed files by reason, without their names"),
};

const Hour = z.object({ at: at("When the hour began"), ...hour });
export type LinkHourView = z.infer<typeof Hour>;

const ends = {
  source: z.string().describe("Source host; local is the worker's machine"),
  target: z.string().describe("Target host; local is the worker's machine"),
};
const Link = z.object({
  ...ends,
  lastAt: at("When files were last transferred"),
  ...hour,
  refused: z
    .array(z.string())
    .optional()
    .describe("Methods that one of the two servers is known to refuse; absent if there are none"),
});
export type LinkView = z.infer<typeof Link>;

export const LinkList = named(
  "LinkList",
  z.object({
    hours: natural().describe("The sums cover this many hours up to now"),
    links: z.array(Link),
  }),
);

export const LinkHistory = named("LinkHistory", z.object({ ...ends, hours: z.array(Hour) }));
