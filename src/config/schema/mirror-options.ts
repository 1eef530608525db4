import { z } from "zod";
import type { Ceiling } from "../../mirror/decide/safeguards.ts";
import { TREE_LIMITS } from "../../copy/limits.ts";
import { requireSmall } from "../../copy/pattern/budget.ts";
import { ConfigError } from "../../shared/errors.ts";
import { choice, Duration, oneOrMany, parsable, parsed, text, wholeNumber, yesOrNo } from "./fields.ts";
import { longDuration } from "./long-duration.ts";
import { copyOptions, selectionOptions, usable } from "./options.ts";

const Filter = parsable("a glob such as **/Release", requireSmall);
const CEILING = "a number of files, or a percentage such as 10%";

/** @throws ConfigError */
function parseCeiling(value: string): Ceiling {
  const [, number, isShare] = /^(\d{1,9}(?:\.\d{1,3})?)\s*(%?)$/.exec(value.trim()) ?? [];
  const count = Number(number);
  if (number === undefined || (isShare === "" ? !Number.isInteger(count) : count > 100))
    throw new ConfigError(`expected ${CEILING}`);
  return isShare === "" ? { files: count } : { percent: count };
}

const MASK = "permission bits in octal, such as 022";

/** @throws ConfigError */
function parseMask(value: string): number {
  if (!/^[0-7]{1,4}$/.test(value)) throw new ConfigError(`expected ${MASK}`);
  return Number.parseInt(value, 8);
}

const NAME = /^[^/\r\n\0]+$/;
/** What leads out of the directory that it is below is none. */
const BELOW = /^(?!(.*\/)?\.\.(\/|$))[^\r\n\0]+$/;

/** On or off, also as YAML has it. */
const OnOff = z
  .union([z.boolean(), z.enum(["on", "off"])], { error: () => "expected on or off" })
  .transform((value) => value === true || value === "on");
const INDEX =
  "Whether directories are not compared again that look as they did when there was nothing to do in them; for one target";

/** In a job the index is on unless it says otherwise. */
export const indexOfJob = OnOff.default(true).describe(`${INDEX} (default: on)`);

/** The options of a mirror beside those of a copy, on the command line and in a job file. */
export const mirrorOnly = {
  compare: choice("size", "time", "size+time", "digest")
    .default("size+time")
    .describe("What makes two files equal: size, time, both, or digests of both sides (default: size+time)"),
  delete: yesOrNo()
    .default(false)
    .describe(
      "Whether files that the source no longer has are deleted from the target: last, and only after a run without errors (default: false)",
    ),
  maxDelete: parsed(CEILING, parseCeiling)
    .default({ percent: 10 })
    .describe(
      `Maximum number of deletions per run; if it would be exceeded, nothing is deleted: ${CEILING} of the target's files (default: 10%)`,
    ),
  links: choice("follow", "follow-all", "skip", "copy")
    .default("follow")
    .describe(
      "Symbolic links at the source: follow those that stay inside the source directory, follow-all (local sources only; servers do not show where links lead), skip them, or copy them as links if the target can create them (default: follow)",
    ),
  maxDepth: wholeNumber(0, 1_000)
    .optional()
    .describe(
      "Maximum depth of subdirectories; deeper ones are skipped (default: no limit, but more than 200 levels are an error, because such a tree seems to contain itself)",
    ),
  index: OnOff.default(false).describe(`${INDEX} (default: off)`),
  fullCheck: longDuration(365)
    .default(7 * 86_400_000)
    .describe(
      "With the index: every directory is compared exactly within this time, some of them in each run: 12h, 7d (default: 7d)",
    ),
  trustTarget: longDuration(365)
    .optional()
    .describe(
      "With the index: directories at the target are not listed again within this time if the source looks unchanged; only for targets to which nobody else writes: 24h (default: they are always listed)",
    ),
  ...selectionOptions,
  settle: Duration.optional().describe(
    "Skip files modified less than this time before the run, because they may still be being written: 30s, 5m",
  ),
  leaveIf: oneOrMany("a file name", text("a file name", NAME))
    .default([])
    .describe(
      "Names of files whose directory is skipped with everything below it: a marker, a lock, a sign that the source is being updated",
    ),
  leaveUnless: text("a file name", NAME)
    .optional()
    .describe(
      "Name of a completion marker: directories that contain files but no file of this name are skipped",
    ),
  canary: text("a path below the source directory, without ..", BELOW)
    .optional()
    .describe("A file that must exist at the source; otherwise nothing is done"),
  indexesLast: oneOrMany("a glob", Filter)
    .superRefine(usable((globs: readonly string[]) => globs.map((include) => ({ include }))))
    .default([])
    .describe(
      "Globs of files that are copied last, when all other files are in place, because they refer to them: **/Release",
    ),
  trash: text("a directory at the target, without ..", BELOW)
    .optional()
    .describe(
      "A directory at the target, relative to its root unless it begins with /, to which deleted and overwritten files are moved, in one folder per run",
    ),
  stamp: text("a path below the target directory, without ..", BELOW)
    .optional()
    .describe("A file at the target, written after each run without errors, containing time and run"),
  detectRenames: yesOrNo()
    .default(false)
    .describe(
      "Whether a new file and a missing one that are equal in size, time and (if available) digest are treated as a rename; needs delete (default: false)",
    ),
  permissions: yesOrNo()
    .default(false)
    .describe("Whether permission bits are copied, if the source's listing shows them (default: false)"),
  permissionsMask: parsed(MASK, parseMask)
    .default(0)
    .describe("Permission bits that are not copied, in octal as for umask: 022 (default: 0)"),
} as const;

export const mirrorOptions = {
  ...copyOptions,
  onExists: choice("overwrite", "skip", "newer", "fail")
    .default("overwrite")
    .describe(
      "What to do with a target file that differs: overwrite it, skip it, overwrite it only if the source is newer (newer), or fail for this file (default: overwrite)",
    ),
  preserveTimes: yesOrNo()
    .default(true)
    .describe(
      "Whether modification times are preserved; they are used to recognize unchanged files (default: true)",
    ),
  maxEntries: wholeNumber(1, 1_000_000_000)
    .default(TREE_LIMITS.maxEntries)
    .describe(
      "Maximum number of directory entries that one run lists, both trees together; if exceeded, as with maxDirectories (default: 20000000)",
    ),
  ...mirrorOnly,
} as const;

export const MirrorOptions = z.strictObject(mirrorOptions);
export type MirrorOptions = z.infer<typeof MirrorOptions>;
