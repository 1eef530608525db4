import { ConfigError } from "../../shared/errors.ts";
import type { Command } from "commander";
import type { RuleOptions } from "../../config/load/rules.ts";
import {
  INTERACTIVE_OPTION,
  LOG_FILE_OPTION,
  RULE_OPTIONS,
  saysNo,
  type SharedFlags,
  withRuleOptions,
  withSharedOptions,
} from "../command-line.ts";

/** What the command line says of which files are looked at, and when two of them are equal. */
interface ScanFlags {
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
export interface DiffFlags extends ScanFlags, RuleOptions {
  readonly parallel?: string;
  readonly retries?: string;
  readonly maxDirectories?: string;
  readonly maxEntries?: string;
  readonly tls?: string;
  readonly timeout?: string;
}

/** What the command line says of a mirror. */
export interface MirrorFlags extends ScanFlags, SharedFlags, SourceFlags {
  readonly delete?: boolean;
  readonly maxDelete?: string;
  readonly canary?: string;
  readonly indexesLast?: readonly string[];
  readonly trash?: string;
  readonly stamp?: string;
  readonly detectRenames?: boolean;
  readonly permissions?: boolean;
  readonly permissionsMask?: string;
  readonly index?: boolean;
  readonly fullCheck?: string;
  readonly trustTarget?: string;
  readonly spread?: boolean;
  readonly plan?: string;
  readonly apply?: string;
}

/** What only copies can do to their sources. */
interface SourceFlags {
  readonly sourceAfter?: string;
  readonly deleteEmptySourceDirs?: boolean;
}

/** @throws ConfigError where something is to become of a mirror's sources */
export function requireKept({ sourceAfter, deleteEmptySourceDirs }: SourceFlags): void {
  if (sourceAfter !== undefined || deleteEmptySourceDirs !== undefined)
    throw new ConfigError(
      "only copies have this: a mirror whose source is emptied would empty its target",
      sourceAfter === undefined ? "--delete-empty-source-dirs" : "--source-after",
    );
}

const each = (value: string, before: readonly string[] = []) => [...before, value];

export function withMirrorOptions(command: Command): Command {
  return withScanOptions(
    saysNo(
      withSharedOptions(command).option("--preserve-times", "preserve modification times (default)"),
      "--no-preserve-times",
      "do not preserve modification times",
    ),
  )
    .option(
      "--on-exists <policy>",
      "for files that differ: overwrite, skip, newer or fail (default: overwrite)",
    )
    .optionsGroup("Deletions:")
    .option(
      "--delete",
      "delete files from the target that the source no longer has; last, and only after a run without errors",
    )
    .option(
      "--max-delete <most>",
      "delete nothing if more would be deleted: a number of files, or a percentage such as 10% (default: 10%)",
    )
    .option(...INTERACTIVE_OPTION)
    .option("--trash <dir>", "move deleted and overwritten files to this directory at the target")
    .option("--canary <path>", "do nothing unless this file exists at the source")
    .option("--detect-renames", "rename files at the target that were renamed at the source; needs --delete")
    .optionsGroup("Options:")
    .option(
      "--indexes-last <glob>",
      "copy matching files last, when all others are in place; may be repeated",
      each,
    )
    .option("--stamp <path>", "write this file at the target after a run without errors")
    .option("--permissions", "copy permission bits")
    .option(
      "--permissions-mask <bits>",
      "with --permissions: bits that are not copied, in octal as for umask",
    )
    .option("--index", "skip directories that have not changed since the last run found them equal")
    .option("--no-index", "compare all directories, also for a job (default)")
    .option("--full-check <time>", "with --index: compare every directory within this time (default: 7d)")
    .option(
      "--trust-target <time>",
      "with --index: do not list the target's directories again within this time; only for targets that nobody else changes",
    )
    .option("--spread", "with several targets: use the first finished target as the source for the others")
    .option("--plan <file>", "write a plan of what would be done to a file; change nothing")
    .option(
      "--apply <file>",
      "carry out a plan and nothing else; files that have changed since then are refused",
    );
}

export function withDiffOptions(command: Command): Command {
  return withScanOptions(withRuleOptions(command))
    .option("--parallel <n>", "number of directories listed in parallel, 1 to 64 (default: 4)")
    .option("--retries <n>", "retries per directory, 0 to 100 (default: 3)")
    .option("--max-directories <n>", "maximum number of directories listed (default: 1000000)")
    .option("--max-entries <n>", "maximum number of directory entries listed in total (default: 20000000)")
    .option("--tls <policy>", "TLS for both sides: required, prefer or off")
    .option("--timeout <time>", "give up after this long without a reply or data: 30s, 5m")
    .option(...LOG_FILE_OPTION);
}

/** Which files are looked at, and when two of them are equal. */
function withScanOptions(command: Command): Command {
  return command
    .option(
      "--compare <how>",
      "what makes two files equal: size, time, size+time or digest (default: size+time)",
    )
    .optionsGroup(RULE_OPTIONS)
    .option(
      "--newer-than <when>",
      "only files modified after this: an age such as 7d, or a date such as 2026-01-31",
    )
    .option("--older-than <when>", "only files modified before this")
    .option("--min-size <size>", "only files of at least this size: 10k, 1.5GiB")
    .option("--max-size <size>", "only files of at most this size")
    .option("--max-depth <n>", "maximum depth of subdirectories (default: no limit)")
    .option(
      "--links <how>",
      "symbolic links at the source: follow (if they stay inside), follow-all, skip or copy as links (default: follow)",
    )
    .option("--settle <time>", "skip files modified within this time: 30s, 5m")
    .option("--leave-if <name>", "skip directories that contain a file of this name; may be repeated", each)
    .option("--leave-unless <name>", "skip directories with files until they contain a file of this name")
    .optionsGroup("Options:");
}
