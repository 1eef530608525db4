import { z } from "zod";
import { at, count, named, Outcome } from "./schemas.ts";
import { JobName } from "./submission-schemas.ts";

// What is kept of runs and links for long.

const seconds = z.number().nonnegative();
const counts = z.record(z.string(), count());

export const HistoryView = named(
  "HistoryEntry",
  z.object({
    run: z.string().describe("Its id; its record may have been deleted"),
    outcome: Outcome,
    createdAt: at("When it was requested"),
    startedAt: at("When it was first begun; absent where it never was").optional(),
    endedAt: at("When it ended"),
    seconds: seconds.describe("From its first beginning to its end").optional(),
    files: z.object({ copied: count(), kept: count(), deleted: count(), skipped: count(), failed: count() }),
    bytes: z.object({ thirdParty: count(), relayed: count(), serverSide: count(), resumed: count() }),
    cause: z
      .string()
      .optional()
      .describe("Why it ended so, or why most of its failed files failed, without their names"),
  }),
);
export type HistoryView = z.infer<typeof HistoryView>;

const Day = z.object({
  day: z.iso.date().describe("In UTC"),
  runs: count().describe("That ended on this day"),
  succeeded: count(),
  copied: count(),
  failed: count(),
  bytes: count().describe("Moved by any way"),
  seconds: seconds.describe("Of its runs together"),
});
export type HistoryDayView = z.infer<typeof Day>;

export const JobHistory = named(
  "JobHistory",
  z.object({
    job: JobName,
    runs: z.array(HistoryView).describe("The latest first; the last 2000 of a job are kept"),
    days: z.array(Day).describe("The earliest first; ten years are kept"),
  }),
);

export const HistoryList = named(
  "HistoryList",
  z.object({ jobs: z.array(z.object({ job: JobName, runs: z.array(HistoryView) })) }),
);

const hour = {
  succeeded: count().describe("Files"),
  failed: count().describe("Files"),
  bytes: count().describe("Moved, also of files that failed later"),
  transferSeconds: seconds.describe("Of all files, also where these went side by side"),
  bytesPerSecond: count().optional().describe("Of one file; absent where nothing went"),
  concurrency: z.number().nonnegative().describe("Files that were under way at once, on average"),
  methods: counts.describe(
    "Files by how they went: a method of a third-party transfer, relay or server-side",
  ),
  causes: counts.optional().describe("Failed files by reason, without their names"),
};

const Hour = z.object({ at: at("When the hour began"), ...hour });
export type LinkHourView = z.infer<typeof Hour>;

const ends = {
  source: z.string().describe("The host that files come from; local: the worker's machine"),
  target: z.string().describe("The host that they go to"),
};
const Link = z.object({
  ...ends,
  lastAt: at("When files last went"),
  ...hour,
  refused: z
    .array(z.string())
    .optional()
    .describe("Methods that one of both servers is remembered to refuse; absent: none"),
});
export type LinkView = z.infer<typeof Link>;

export const LinkList = named(
  "LinkList",
  z.object({ hours: count().describe("Up to now, that the sums are of"), links: z.array(Link) }),
);

export const LinkHistory = named("LinkHistory", z.object({ ...ends, hours: z.array(Hour) }));
