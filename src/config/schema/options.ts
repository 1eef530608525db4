import { z } from "zod";
import { TREE_LIMITS } from "../../copy/limits.ts";
import { requireSmall } from "../../copy/pattern/budget.ts";
import { requireUsable, type Rule } from "../../copy/rules.ts";
import { parseMoment } from "../../copy/selection.ts";
import { ConfigError } from "../../shared/errors.ts";
import { parseBytes } from "../../shared/units.ts";
import {
  choice,
  Duration,
  oneOfKeys,
  oneOrMany,
  parsable,
  parsed,
  text,
  wholeNumber,
  yesOrNo,
} from "./fields.ts";

export type { Rule };

/** What paths are measured by, in most cases. */
const GLOB = "a glob such as *.tmp or incoming/**";
const Filter = parsable(GLOB, requireSmall);

/** A copy looks everything up before it moves anything, and so it holds what it has found. */
const COPIED_ENTRIES = 2_000_000;

/** What a copy can be told, on the command line (`--on-exists`) and in a job file (`onExists`). */
export const copyOptions = {
  fxp: choice("prefer", "only", "never")
    .default("prefer")
    .describe(
      "prefer: from server to server, else through this machine; only: from server to server or not at all; never: through this machine",
    ),
  parallel: wholeNumber(1, 64).default(4).describe("Files in flight, 1 to 64; default 4"),
  verify: choice("size", "digest", "require-digest", "off")
    .default("size")
    .describe(
      "size: equal at both ends, asked after the last octet; digest: and equal digests, where both sides have one in common; require-digest: no file without; off: the servers' final replies are believed. Default size",
    ),
  resume: yesOrNo()
    .default(true)
    .describe(
      "Whether a file goes on from what an earlier try has left, where that is proven to be its beginning. Default true",
    ),
  resumeCheck: choice("record", "readback", "digest")
    .default("readback")
    .describe(
      "What has to agree before a file goes on, beside its size and time: readback: digests of what is there, where both sides have them, or else the last block, read from both; record: these digests, or nothing more; digest: these, or it starts over. Default readback",
    ),
  retries: wholeNumber(0, 100)
    .default(3)
    .describe(
      "Tries after the first, for a file that failed for a reason that may pass, 0 to 100; default 3",
    ),
  maxDirectories: wholeNumber(1, 1_000_000_000)
    .default(TREE_LIMITS.maxDirectories)
    .describe(
      "The most directories that one run lists; where a tree has more, the run says so, copies what was found until then, and deletes nothing. Default 1000000",
    ),
  maxEntries: wholeNumber(1, 1_000_000_000)
    .default(COPIED_ENTRIES)
    .describe(
      "The most entries that one run lists, of all directories together; where there are more, as with maxDirectories. Default 2000000, since a copy holds what it has found; in a mirror 20000000",
    ),
  preserveTimes: yesOrNo()
    .default(false)
    .describe("Whether the target gets the source's modification time. Default false"),
  tls: choice("required", "prefer", "off")
    .optional()
    .describe("For both sides, instead of what the host files say; never weaker than what a host file says"),
  onExists: choice("overwrite", "skip", "newer", "fail", "unique")
    .default("overwrite")
    .describe(
      "When a file stands at the target: overwrite it, skip it, copy only a newer one, fail, or copy to a unique name. Default overwrite",
    ),
  links: choice("follow", "follow-all", "skip")
    .default("follow")
    .describe(
      "Symbolic links to files that a pattern comes to: follow those that stay in the directory that the pattern begins in, follow all of them (this machine only; a server does not tell), or skip them. Default follow",
    ),
  report: text("the name of a file")
    .optional()
    .describe(
      "A file that fxpd run writes: how the run ended, failures by cause and the first of them in full, what was left alone, what was deleted. Relative to this file; none for runs of the daemon, which keeps all this itself",
    ),
  timeout: Duration.optional().describe(
    "How long to wait for a greeting, a reply or an octet, on both sides, instead of what the host files say: 30s, 5m; at most 1d",
  ),
  rules: z
    .array(
      oneOfKeys({
        include: Filter.describe("A glob of files to copy, or re: and a regular expression"),
        exclude: Filter.describe(
          "A glob of files to leave out, or re: and a regular expression; a directory is left out with all in it",
        ),
      }),
    )
    .superRefine(usable((rules: readonly Rule[]) => rules))
    .default([])
    .describe(
      "Which files are wanted, as {include: GLOB} and {exclude: GLOB}; the first that matches a file decides",
    ),
} as const;

/** What can only be said of rules together; one after the other, so that the first that is faulty is named. */
export function usable<T>(rulesOf: (value: T) => readonly Rule[]) {
  return (value: T, context: z.RefinementCtx) => {
    // Of what is faulty for itself nothing else can be said.
    if (context.issues.length > 0) return;
    try {
      requireUsable(rulesOf(value).map((rule, index) => ({ ...rule, from: `rule ${index + 1}` })));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  };
}

/** In a job file `exclude` is short for rules that only exclude. */
export const excludeOption = oneOrMany(GLOB, Filter)
  .superRefine(usable((globs: readonly string[]) => globs.map((exclude) => ({ exclude }))))
  .default([])
  .describe("Globs of files to leave out; they stand behind the rules");

/** In a job file; on the command line `--filter-from`. */
export const rulesFromOption = oneOrMany("the name of a file", text("the name of a file"))
  .default([])
  .describe(
    "Files of further rules, one a line: + GLOB includes, - GLOB excludes, # begins a comment; they stand behind rules and exclude. Relative to this file",
  );

const MOMENT = "an age such as 7d or 36h, or a date such as 2026-01-31 or 2026-01-31T12:30Z";
const Moment = parsed(MOMENT, parseMoment);
const Bytes = parsed("a size such as 10k, 500MB or 1.5GiB", parseBytes);

/** Which files a mirror looks at by what they are, not by their names. Ages count from the beginning of a run. */
export const selectionOptions = {
  newerThan: Moment.optional().describe(`Only files modified after this: ${MOMENT}, in UTC`),
  olderThan: Moment.optional().describe(`Only files modified before this: ${MOMENT}, in UTC`),
  minSize: Bytes.optional().describe(
    "Only files of at least this size: 10k, 500MB, 1.5GiB; a number alone is octets",
  ),
  maxSize: Bytes.optional().describe(
    "Only files of at most this size: 10k, 500MB, 1.5GiB; a number alone is octets",
  ),
} as const;

export const CopyOptions = z.strictObject(copyOptions);
export type CopyOptions = z.infer<typeof CopyOptions>;
export type CopyLinks = CopyOptions["links"];
