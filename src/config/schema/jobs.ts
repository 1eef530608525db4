import { z } from "zod";
import { parsePattern } from "../../copy/glob.ts";
import { PatternBudget, requireSmall } from "../../copy/pattern/budget.ts";
import { ConfigError } from "../../shared/errors.ts";
import { oneOrMany, parsable, yesOrNo } from "./fields.ts";
import { type Location, parseStoredLocation } from "../locations/location.ts";
import { listOptions } from "./lists.ts";
import { hooksOption } from "./hooks.ts";
import { indexOfJob, mirrorOptions } from "./mirror-options.ts";
import { suggestion } from "../load/nearest.ts";
import { overlapsOf } from "../locations/overlap.ts";
import { scheduleOptions } from "./schedule.ts";
import { watchOption } from "./watch.ts";
import { copyOnly, copyOptions, excludeOption, includeOption, rulesFromOption } from "./options.ts";

const LOCATION = "a location such as host:path";

const Source = parsable(LOCATION, (text) => requireSmall(storedLocation(text).path));
/** All of them, once it is known that they are few enough to be read. */
const Sources = oneOrMany(LOCATION, Source).superRefine((texts, context) => {
  if (context.issues.length > 0) return;
  try {
    const budget = new PatternBudget();
    const paths = texts.map((text) => storedLocation(text).path);
    for (const path of paths) budget.add(path);
    for (const path of paths) parsePattern(path);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
});

const Target = parsable(LOCATION, (text) => {
  if (parsePattern(storedLocation(text).path).kind === "glob") {
    throw new ConfigError("wildcards are not allowed here; to use one as part of a name, put \\ before it");
  }
});

const rules = {
  include: includeOption,
  exclude: excludeOption,
  rulesFrom: rulesFromOption,
  filterFrom: rulesFromOption.describe("The same as rulesFrom, by the name of the option"),
};

/** A job that copies files. */
const CopyJob = z
  .strictObject({
    copy: z
      .strictObject(
        {
          from: Sources.describe(
            "One location or several: host:path, a URL or a local path; wildcards are allowed",
          ),
          to: Target.describe(
            "The target: a directory, or a file if there is a single source without wildcards",
          ),
        },
        {
          error: ({ input }) => (input === undefined ? "is missing; a job needs copy or mirror" : undefined),
        },
      )
      .describe("Source and target of the copy"),
    ...copyOptions,
    ...copyOnly,
    ...rules,
    ...listOptions,
    ...scheduleOptions,
    ...watchOption,
    ...hooksOption,
  })
  .describe("A job of fxpd: what to copy, and how");

/** A job that makes one directory equal to another. */
const MirrorJob = z
  .strictObject({
    mirror: z
      .strictObject({
        from: Target.describe("The source directory: host:path, a URL or a local path"),
        to: oneOrMany(LOCATION, Target).describe(
          "The target directory, or several: the source is listed once, and each target is mirrored independently",
        ),
        spread: yesOrNo()
          .default(false)
          .describe(
            "Whether the first finished target serves as source for the others, so that each file is read from the source only once (default: false)",
          ),
      })
      .superRefine(({ to, spread }, context) => {
        // What is no location is not checked further.
        if (context.issues.length > 0) return;
        for (const { index, message } of overlapsOf(to))
          context.addIssue({ code: "custom", path: ["to", index], message });
        if (spread && to.length === 1)
          context.addIssue({
            code: "custom",
            path: ["spread"],
            message: "this needs several targets in to",
          });
      })
      .describe("Source directory, and the target directories to make equal to it"),
    ...mirrorOptions,
    sourceAfter: z
      .never({ error: "only copies have this: a mirror whose source is emptied would empty its target" })
      .optional()
      .describe("Not for mirrors, whose target is made equal to the source"),
    index: indexOfJob,
    ...rules,
    ...listOptions,
    ...scheduleOptions,
    ...watchOption,
    ...hooksOption,
  })
  .describe("A job of fxpd: what to mirror, and how");

/** What job files may say, by kind. */
export const JOB_KEYS = {
  copy: Object.keys(CopyJob.shape),
  mirror: Object.keys(MirrorJob.shape),
} as const;

/** `jobs/<job>.yaml`: what is to be copied or mirrored, and how. Its keys are those of the one that it names. */
export const JobFile = z.union([CopyJob, MirrorJob]);
export type CopyJob = z.infer<typeof CopyJob>;
export type MirrorJob = z.infer<typeof MirrorJob>;
export type JobFile = z.infer<typeof JobFile>;

/** The schema that a document is to be read by, so that its faults are those of what it means to be. */
export function jobSchemaFor(document: unknown): z.ZodType<JobFile> {
  const keys = typeof document === "object" && document !== null ? Object.keys(document) : [];
  if (keys.includes("mirror")) return MirrorJob;
  const isMeant = keys.some((key) => suggestion(key, ["copy", "mirror"]).includes("mirror"));
  return isMeant && !keys.includes("copy") ? MirrorJob : CopyJob;
}

jobSchemaFor.needs = "copy or mirror";

/** What is said of a key that only the other kind of job has. */
jobSchemaFor.foreign = (name: string, known: readonly string[]): string | undefined => {
  const kind = (["copy", "mirror"] as const).find((one) => known.includes(one));
  if (kind === undefined) return undefined;
  const other = kind === "copy" ? "mirror" : "copy";
  if (name === other) return "a job has either copy or mirror; use a file for each";
  if (!JOB_KEYS[other].includes(name)) return undefined;
  return other === "mirror" ? "only mirrors have this" : "only copies have this";
};

/** A location in a file, which is no place for a password. */
function storedLocation(text: string): Location {
  const location = parseStoredLocation(text);
  if (location.kind === "url" && location.password !== undefined) {
    throw new ConfigError(
      "do not put passwords in this file; create a host file with passwordFrom, or use ~/.netrc",
    );
  }
  return location;
}
