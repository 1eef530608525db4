import { z } from "zod";
import { TREE_LIMITS } from "../../copy/limits.ts";
import { requireSmall } from "../../copy/pattern/budget.ts";
import { requireUsable, type Rule } from "../../copy/rules.ts";
import { parseMoment } from "../../copy/selection.ts";
import { ConfigError } from "../../shared/errors.ts";
import {
  moveTo,
  parseSourceAfter,
  renameTo,
  SOURCE_AFTER,
  type SourceAfter,
} from "../../transfer/source-after/source-after.ts";
import { longDuration } from "./long-duration.ts";
import { parseTimetable, RATE } from "../../shared/rate/timetable.ts";
import { parseBytes } from "../../shared/units.ts";
import { connectionOptions } from "./connection-options.ts";
import { choice, oneOfKeys, oneOrMany, parsable, parsed, text, wholeNumber, yesOrNo } from "./fields.ts";

export type { Rule };

/** What paths are measured by, in most cases. */
const GLOB = "a glob such as *.tmp or incoming/**";
const Filter = parsable(GLOB, requireSmall);

/** A copy looks everything up before it moves anything, and so it holds what it has found. */
const COPIED_ENTRIES = 2_000_000;

const SEGMENTS = "a number of connections from 1 to 16, or auto";

/** @throws ConfigError */
function parseSegments(value: string): number | "auto" {
  if (value === "auto") return value;
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= 1 && count <= 16) return count;
  throw new ConfigError(`expected ${SEGMENTS}`);
}

/** @throws ConfigError */
function positiveBytes(value: string): number {
  const bytes = parseBytes(value);
  if (bytes === 0) throw new ConfigError("expected a size of more than 0 bytes, such as 10G or 500M");
  return bytes;
}

/** What a copy may do, on the command line (`--on-exists`) and in a job file (`onExists`). */
export const copyOptions = {
  fxp: choice("prefer", "only", "never")
    .default("prefer")
    .describe(
      "prefer: server to server if possible, else through this machine; only: server to server or not at all; never: through this machine",
    ),
  parallel: wholeNumber(1, 64).default(4).describe("Number of parallel transfers, 1 to 64 (default: 4)"),
  verify: choice("size", "digest", "require-digest", "off")
    .default("size")
    .describe(
      "How a copied file is verified: size: equal sizes on both sides; digest: also equal digests, if both sides support a common one; require-digest: refuse files without a digest; off: trust the servers' final replies (default: size)",
    ),
  resume: yesOrNo()
    .default(true)
    .describe(
      "Whether a partial file is resumed, if it is proven to be the beginning of the source file (default: true)",
    ),
  resumeCheck: choice("record", "readback", "digest")
    .default("readback")
    .describe(
      "Proof required before a partial file is resumed, in addition to an unchanged source size and time: readback: equal digests if both sides have them, else the last block is read back from both sides and compared; record: digests if available, else nothing more; digest: digests, otherwise the file starts over (default: readback)",
    ),
  inPlace: choice("never", "when-needed", "always")
    .optional()
    .describe(
      "Whether files are written directly under their final names, instead of under temporary names that are then renamed: never, when-needed (only if the target does not rename) or always (default: the host's inPlace, else when-needed)",
    ),
  segments: parsed(SEGMENTS, parseSegments)
    .optional()
    .describe(
      "Connections that copy one large file at once, each its own part, where the file passes through this machine and both sides allow it: 1 to 16, or auto (as many as add to the rate, up to 8); never more than limits.connections of the hosts (default: 1)",
    ),
  bwlimit: parsed(RATE, parseTimetable)
    .optional()
    .describe(
      `Maximum rate of all files of a run together, all workers together: ${RATE}; off means no limit. Exact for what passes through fxpd; from server to server, files begin only as the rate allows`,
    ),
  maxTransfer: parsed("a size such as 10G or 500M", positiveBytes)
    .optional()
    .describe(
      "Maximum number of bytes that a run copies: a file is started only if it fits, and the first one that does not ends the run as partial when the files in flight are completed: 10G, 500M (default: no limit)",
    ),
  maxDuration: longDuration(30)
    .optional()
    .describe(
      "After this time, no more files of the run are started; files in flight are completed, and the run ends as partial; time while the run is paused does not count: 30m, 2h (default: no limit)",
    ),
  retries: connectionOptions.retries,
  maxDirectories: wholeNumber(1, 1_000_000_000)
    .default(TREE_LIMITS.maxDirectories)
    .describe(
      "Maximum number of directories that one run lists; if a tree has more, the run reports an error, copies what it had found so far, and deletes nothing (default: 1000000)",
    ),
  maxEntries: wholeNumber(1, 1_000_000_000)
    .default(COPIED_ENTRIES)
    .describe(
      "Maximum number of directory entries that one run lists in total; if exceeded, as with maxDirectories (default: 2000000, because a copy keeps them in memory; mirrors 20000000)",
    ),
  preserveTimes: yesOrNo()
    .default(false)
    .describe("Whether modification times are preserved (default: false)"),
  tls: connectionOptions.tls,
  onExists: choice("overwrite", "skip", "newer", "fail", "unique")
    .default("overwrite")
    .describe(
      "What to do if the target file exists: overwrite it, skip it, copy only if the source is newer, fail, or copy to a unique name (default: overwrite)",
    ),
  links: choice("follow", "follow-all", "skip")
    .default("follow")
    .describe(
      "Symbolic links to files that a pattern matches: follow those that stay inside the pattern's base directory, follow-all (local sources only; servers do not show where links lead), or skip them (default: follow)",
    ),
  report: text("the name of a file")
    .optional()
    .describe(
      "JSON report written by fxpd run: outcome, failures by cause with the first of them in full, skipped files and deletions. Relative to this file; not written for runs of the daemon, which keeps its own records",
    ),
  timeout: connectionOptions.timeout,
  rules: z
    .array(
      oneOfKeys({
        include: Filter.describe("A glob of files to include, or re: and a regular expression"),
        exclude: Filter.describe(
          "A glob of files to exclude, or re: and a regular expression; an excluded directory is excluded with everything in it",
        ),
      }),
    )
    .superRefine(usable((rules: readonly Rule[]) => rules))
    .default([])
    .describe(
      "Rules for which files are included, as {include: GLOB} and {exclude: GLOB}; the first rule that matches a file decides",
    ),
} as const;

/** Faults that only show in rules together; one after the other, so that the first that is faulty is named. */
export function usable<T>(rulesOf: (value: T) => readonly Rule[]) {
  return (value: T, context: z.RefinementCtx) => {
    // A rule that is faulty by itself is not checked further.
    if (context.issues.length > 0) return;
    try {
      requireUsable(rulesOf(value).map((rule, index) => ({ ...rule, from: `rule ${index + 1}` })));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  };
}

/** In a job file `include` is short for rules that only include. */
export const includeOption = oneOrMany(GLOB, Filter)
  .superRefine(usable((globs: readonly string[]) => globs.map((include) => ({ include }))))
  .default([])
  .describe("Globs of files to include; they apply after the rules, and before exclude");

/** In a job file `exclude` is short for rules that only exclude. */
export const excludeOption = oneOrMany(GLOB, Filter)
  .superRefine(usable((globs: readonly string[]) => globs.map((exclude) => ({ exclude }))))
  .default([])
  .describe("Globs of files to exclude; they apply after the rules and include");

/** In a job file, also by the name that it has on the command line: `filterFrom`. */
export const rulesFromOption = oneOrMany("the name of a file", text("the name of a file"))
  .default([])
  .describe(
    "Files with more rules, one per line: + GLOB includes, - GLOB excludes, # begins a comment; they apply after rules, include and exclude. Relative to this file",
  );

const MOMENT = "an age such as 7d or 36h, or a date such as 2026-01-31 or 2026-01-31T12:30Z";
const Moment = parsed(MOMENT, parseMoment);
const Bytes = parsed("a size such as 10k, 500MB or 1.5GiB", parseBytes);

/** Which files a mirror looks at by what they are, not by their names. Ages count from the beginning of a run. */
export const selectionOptions = {
  newerThan: Moment.optional().describe(`Only files modified after this: ${MOMENT}, in UTC`),
  olderThan: Moment.optional().describe(`Only files modified before this: ${MOMENT}, in UTC`),
  minSize: Bytes.optional().describe(
    "Only files of at least this size: 10k, 500MB, 1.5GiB; a plain number means bytes",
  ),
  maxSize: Bytes.optional().describe(
    "Only files of at most this size: 10k, 500MB, 1.5GiB; a plain number means bytes",
  ),
} as const;

/**
 * Options that only a copy has: a mirror whose source is emptied would empty its target, and one whose line ends differ
 * could not be compared.
 */
export const copyOnly = {
  type: choice("image", "ascii")
    .default("image")
    .describe(
      "How files are represented: image: byte by byte; ascii: as text, with the line ends of each side (TYPE A); sizes and digests are then not compared, and nothing is resumed (default: image)",
    ),
  sourceAfter: z
    .union(
      [
        z.string(),
        oneOfKeys({
          rename: text("a pattern such as {name}.done").describe(
            "A name in the same directory, with {name}, {base}, {ext}, {date} or {time}",
          ),
          move: text("a directory such as done/").describe(
            "A directory at the source, relative to the one that the pattern begins with unless it begins with /",
          ),
        }),
      ],
      { error: `expected ${SOURCE_AFTER}` },
    )
    .transform((value, context): SourceAfter | undefined => {
      try {
        if (typeof value === "string") return parseSourceAfter(value);
        return "rename" in value ? renameTo(value.rename) : moveTo(value.move);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        context.addIssue({ code: "custom", message: error.message });
        return z.NEVER;
      }
    })
    .optional()
    .describe(
      "What to do with each source file once its copy is verified (sizes, digests if both sides have a common one, and the source unchanged): keep, delete, {rename: PATTERN} with {name}, {base}, {ext}, {date} and {time} in the same directory, or {move: DIR} relative to the directory that the pattern begins with (default: keep)",
    ),
  deleteEmptySourceDirs: yesOrNo()
    .default(false)
    .describe(
      "With sourceAfter delete or move: directories at the source that files have left are deleted when a complete listing shows them empty, the deepest first, never the one that the source names (default: false)",
    ),
} as const;

export const CopyOptions = z.strictObject({ ...copyOptions, ...copyOnly });
export type CopyOptions = z.infer<typeof CopyOptions>;
export type CopyLinks = CopyOptions["links"];
