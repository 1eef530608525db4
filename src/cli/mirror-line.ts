import type { Command } from "commander";
import type { SaidRules } from "../config/load/rules.ts";
import { saysNo, type SharedFlags, withRuleOptions, withSharedOptions } from "./command-line.ts";

/** What the command line says of which files are looked at, and when two of them are equal. */
export interface ScanFlags {
  readonly compare?: string;
  readonly links?: string;
  readonly maxDepth?: string;
  readonly newerThan?: string;
  readonly olderThan?: string;
  readonly minSize?: string;
  readonly maxSize?: string;
  readonly settle?: string;
  readonly leaveIf?: readonly string[];
  readonly leaveUnless?: string;
}

/** What the command line says of a comparison of two trees. */
export interface DiffFlags extends ScanFlags, SaidRules {
  readonly parallel?: string;
  readonly retries?: string;
  readonly maxDirectories?: string;
  readonly maxEntries?: string;
  readonly tls?: string;
  readonly timeout?: string;
}

/** What the command line says of a mirror. */
export interface MirrorFlags extends ScanFlags, SharedFlags {
  readonly delete?: boolean;
  readonly maxDelete?: string;
  readonly canary?: string;
  readonly indexesLast?: readonly string[];
  readonly trash?: string;
  readonly stamp?: string;
  readonly detectRenames?: boolean;
  readonly permissions?: boolean;
  readonly spread?: boolean;
  readonly plan?: string;
  readonly apply?: string;
}

const each = (value: string, before: readonly string[] = []) => [...before, value];

export function withMirrorOptions(command: Command): Command {
  return withScanOptions(
    saysNo(
      withSharedOptions(command).option("--preserve-times", "set the target's times (default)"),
      "--no-preserve-times",
      "do not set the target's times",
    ),
  )
    .option(
      "--on-exists <policy>",
      "for files that differ: overwrite, skip, newer or fail (default: overwrite)",
    )
    .option(
      "--delete",
      "delete at the target what the source has no longer: last, and only after a clean run",
    )
    .option(
      "--max-delete <most>",
      "refuse to delete more: a number of files, or a share such as 10% (default: 10%)",
    )
    .option("--trash <dir>", "move there, at the target, what would be deleted or overwritten")
    .option("--canary <path>", "do nothing at all unless this file is at the source")
    .option("--indexes-last <glob>", "copy these when all others are in place; may be repeated", each)
    .option("--stamp <path>", "write this file at the target after a run in which all went well")
    .option("--detect-renames", "rename at the target what was renamed at the source; needs --delete")
    .option("--permissions", "give the target's files the source's permission bits")
    .option("--spread", "of several targets, let the first that is finished serve the others as their source")
    .option("--plan <file>", "write what would be done, and what it was decided on, and do nothing")
    .option("--apply <file>", "do what a plan says, and nothing else; refuse what has changed since");
}

export function withDiffOptions(command: Command): Command {
  return withScanOptions(withRuleOptions(command))
    .option("--parallel <n>", "directories listed at once, 1 to 64 (default: 4)")
    .option("--retries <n>", "retries per directory, 0 to 100 (default: 3)")
    .option("--max-directories <n>", "maximum number of directories listed (default: 1000000)")
    .option("--max-entries <n>", "the most entries that are listed, of all directories (default: 20000000)")
    .option("--tls <policy>", "required, prefer or off, for both sides")
    .option("--timeout <time>", "give up after this long without a reply or data: 30s, 5m");
}

/** Which files are looked at, and when two of them are equal. */
function withScanOptions(command: Command): Command {
  return command
    .option("--compare <how>", "size, time, size+time or digest (default: size+time)")
    .option(
      "--newer-than <when>",
      "only files modified after: an age such as 7d, or a date such as 2026-01-31",
    )
    .option("--older-than <when>", "only files modified before")
    .option("--min-size <size>", "only files of at least so much: 10k, 1.5GiB")
    .option("--max-size <size>", "only files of at most so much")
    .option("--max-depth <n>", "directories below each other that are entered (default: all)")
    .option(
      "--links <how>",
      "symbolic links: follow those that stay in the source, follow-all, skip, or copy as links (default: follow)",
    )
    .option("--settle <time>", "skip files modified within this time: 30s, 5m")
    .option("--leave-if <name>", "leave a directory alone where such a file stands; may be repeated", each)
    .option("--leave-unless <name>", "leave a directory of files alone until such a file stands there");
}
