import { z } from "zod";
import { HOST_NAME } from "../../config/locations/location.ts";
import { text, yesOrNo } from "../../config/schema/fields.ts";
import { JobFile } from "../../config/schema/jobs.ts";
import { named } from "./schemas.ts";

export const JobName = text("the name of a job", HOST_NAME).max(255, "expected at most 255 characters");

const asked = {
  dryRun: yesOrNo()
    .default(false)
    .describe("Dry run: report what would be done, change nothing (default: false)"),
  keepTranscripts: yesOrNo()
    .default(false)
    .describe(
      "Keep the conversations with the servers of all files, not only of those that fail (default: false)",
    ),
};

const StoredJob = named(
  "StoredJob",
  z
    .strictObject({ job: JobName.describe("A job of this installation"), ...asked })
    .describe("Name of a job in jobs/"),
);

const [CopyJob, MirrorJob] = JobFile.options;
/** A run that is asked for now waits for nothing, and files on the API's machine are none of its business. */
const notNow = {
  schedule: true,
  after: true,
  watch: true,
  rulesFrom: true,
  filterFrom: true,
  filesFrom: true,
  from0: true,
  staleAfter: true,
} as const;
const NO_REPORT =
  "reports are written only by fxpd run; for runs of the daemon, use GET /runs/{run} and its log";
const adHoc = {
  report: z.never(NO_REPORT).optional(),
  name: JobName.optional().describe("Name for this job; only one run per name is active at a time"),
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
