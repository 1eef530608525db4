import { z } from "zod";
import type { Ceiling } from "../../mirror/decide/safeguards.ts";
import { TREE_LIMITS } from "../../copy/limits.ts";
import { requireSmall } from "../../copy/pattern/budget.ts";
import { ConfigError } from "../../shared/errors.ts";
import { choice, Duration, oneOrMany, parsable, parsed, text, wholeNumber, yesOrNo } from "./fields.ts";
import { copyOptions, selectionOptions, usable } from "./options.ts";

const Filter = parsable("a glob such as **/Release", requireSmall);
const CEILING = "a number of files, or a share such as 10%";

/** @throws ConfigError */
export function parseCeiling(value: string): Ceiling {
  const [, number, isShare] = /^(\d{1,9}(?:\.\d{1,3})?)\s*(%?)$/.exec(value.trim()) ?? [];
  const count = Number(number);
  if (number === undefined || (isShare === "" ? !Number.isInteger(count) : count > 100))
    throw new ConfigError(`expected ${CEILING}`);
  return isShare === "" ? { files: count } : { percent: count };
}

const NAME = /^[^/\r\n\0]+$/;
/** What leads out of the directory that it is below is none. */
const BELOW = /^(?!(.*\/)?\.\.(\/|$))[^\r\n\0]+$/;

/** What a mirror can be told beside what a copy can, on the command line and in a job file. */
export const mirrorOnly = {
  compare: choice("size", "time", "size+time", "digest")
    .default("size+time")
    .describe("What makes two files equal: size, time, both, or digests of both sides. Default size+time"),
  delete: yesOrNo()
    .default(false)
    .describe(
      "Whether what the source has no longer is deleted at the target: last, and only after a run in which all went well. Default false",
    ),
  maxDelete: parsed(CEILING, parseCeiling)
    .default({ percent: 10 })
    .describe(
      `The most that one run may delete; where it would be more, nothing is deleted: ${CEILING} of the target's. Default 10%`,
    ),
  links: choice("follow", "follow-all", "skip", "copy")
    .default("follow")
    .describe(
      "Symbolic links at the source: follow those that stay in its directory, follow all of them (this machine only; a server does not tell), skip them, or copy them as links, where the target can make them. Default follow",
    ),
  maxDepth: wholeNumber(0, 1_000)
    .optional()
    .describe(
      "Directories below each other that are entered; deeper ones are left alone. Default: all, and a directory more than 200 deep is an error, since such a tree seems to contain itself",
    ),
  ...selectionOptions,
  settle: Duration.optional().describe(
    "Leave alone what was modified so short a time before the run, since it may still be written: 30s, 5m",
  ),
  leaveIf: oneOrMany("a file name", text("a file name", NAME))
    .default([])
    .describe(
      "Names of files for which their directory is left alone with all that is below it: a marker, a lock, a sign that the source is being updated",
    ),
  leaveUnless: text("a file name", NAME)
    .optional()
    .describe("The name of a file without which a directory that holds files is left alone: a done-marker"),
  canary: text("a path below the source directory, without ..", BELOW)
    .optional()
    .describe("A file that must be at the source; without it nothing is done at all"),
  indexesLast: oneOrMany("a glob", Filter)
    .superRefine(usable((globs: readonly string[]) => globs.map((include) => ({ include }))))
    .default([])
    .describe(
      "Globs of files that are copied when all others are in place, since they speak of them: **/Release",
    ),
  trash: text("a directory at the target, without ..", BELOW)
    .optional()
    .describe(
      "A directory at the target, below its root unless it begins with /, to which goes what would be deleted or overwritten, in a folder for each run",
    ),
  stamp: text("a path below the target directory, without ..", BELOW)
    .optional()
    .describe("A file at the target that is written after a run in which all went well, with time and run"),
  detectRenames: yesOrNo()
    .default(false)
    .describe(
      "Whether a file that is new and one that is gone, equal in size, time and, where offered, digest, are taken for one that was renamed; needs delete. Default false",
    ),
  permissions: yesOrNo()
    .default(false)
    .describe(
      "Whether the target's files get the permission bits of the source's, where a listing tells them. Default false",
    ),
} as const;

export const mirrorOptions = {
  ...copyOptions,
  onExists: choice("overwrite", "skip", "newer", "fail")
    .default("overwrite")
    .describe(
      "What to do with a file that stands at the target and differs: make it equal, leave it alone (skip), make it equal if the source's is newer by the times of their listings, or fail for this file. Default overwrite",
    ),
  preserveTimes: yesOrNo()
    .default(true)
    .describe(
      "Whether the target gets the source's modification times, by which it is known again. Default true",
    ),
  maxEntries: wholeNumber(1, 1_000_000_000)
    .default(TREE_LIMITS.maxEntries)
    .describe(
      "The most entries that one run lists, of all directories of both trees together; where there are more, as with maxDirectories. Default 20000000",
    ),
  ...mirrorOnly,
} as const;

export const MirrorOptions = z.strictObject(mirrorOptions);
export type MirrorOptions = z.infer<typeof MirrorOptions>;
