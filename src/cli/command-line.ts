import type { Command } from "commander";
import { Option } from "commander";
import { type Directories, findDirectories } from "../config/load/directories.ts";
import type { Rule } from "../config/schema/options.ts";
import type { RuleOptions } from "../config/load/rules.ts";
import type { CommonOptions, DisplayFlags, ListFlags } from "./output/flags.ts";

export type { CommonOptions } from "./output/flags.ts";

/** Options that choose how files are moved. */
export interface SharedFlags extends RuleOptions, DisplayFlags, ListFlags {
  readonly fxp?: string;
  readonly parallel?: string;
  readonly verify?: string;
  /** False for `--no-resume`. */
  readonly resume?: boolean;
  readonly resumeCheck?: string;
  readonly inPlace?: string;
  readonly retries?: string;
  readonly maxDirectories?: string;
  readonly maxEntries?: string;
  readonly preserveTimes?: boolean;
  readonly tls?: string;
  readonly timeout?: string;
  readonly segments?: string;
  readonly bwlimit?: string;
  readonly maxTransfer?: string;
  readonly maxDuration?: string;
  readonly dryRun?: boolean;
  readonly report?: string;
}

/** What the command line says of a copy. */
export interface TransferOptions extends SharedFlags {
  readonly onExists?: string;
  readonly links?: string;
  readonly sourceAfter?: string;
  readonly deleteEmptySourceDirs?: boolean;
  readonly type?: string;
}

/** Flags and text of the option that says where jobs are. */
export const JOBS_OPTION = [
  "--jobs <dir>",
  "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)",
] as const;

/** Heading of the options that every command has; help shows them last. */
export const COMMON_OPTIONS = "Output and configuration:";

export function withCommonOptions(command: Command): Command {
  return command
    .optionsGroup(COMMON_OPTIONS)
    .option(
      "--config <dir>",
      "directory of the configuration (default: $FXPD_CONFIG, ./config, ~/.config/fxpd, /etc/fxpd)",
    )
    .option("--json", "write one JSON object per line to standard output, and nothing else")
    .option("-q, --quiet", "print errors only")
    .option(
      "-v, --verbose",
      "give reasons; twice (-vv): show the FTP commands and replies, passwords masked",
      (_, before: number) => before + 1,
      0,
    )
    .option(
      "--color <when>",
      "colors: auto (on a terminal, unless NO_COLOR is set), always or never (default: auto)",
    )
    .helpOption("-h, --help", "display help for command")
    .optionsGroup("Options:");
}

export function withTransferOptions(command: Command): Command {
  return withSharedOptions(command)
    .option(
      "--on-exists <policy>",
      "if the target file exists: overwrite, skip, newer, fail or unique (default: overwrite)",
    )
    .option("--preserve-times", "preserve modification times")
    .option(
      "--source-after <what>",
      "what to do with a source file once its copy is verified: keep, delete, 'rename PATTERN' such as {name}.done, or 'move DIR' (default: keep)",
    )
    .option(
      "--delete-empty-source-dirs",
      "with --source-after delete or move: delete directories at the source that are empty when their files have left",
    )
    .option(
      "--type <type>",
      "image (byte by byte) or ascii (as text, with the line ends of each side; sizes are not compared) (default: image)",
    );
}

/** Options of every command that moves files. */
export function withSharedOptions(command: Command): Command {
  command
    .option(
      "--fxp <policy>",
      "server-to-server transfers: prefer (else through this machine), only or never (default: prefer)",
    )
    .option("--parallel <n>", "number of parallel transfers, 1 to 64 (default: 4)")
    .option(
      "--verify <how>",
      "compare after the copy: size, digest (where both sides have one), require-digest or off (default: size)",
    )
    .option(
      "--resume-check <how>",
      "proof required before a partial file is resumed: record, readback or digest (default: readback)",
    )
    .option(
      "--in-place <when>",
      "write under the final name instead of renaming: never, when-needed or always (default: the host's inPlace, else when-needed)",
    )
    .option(
      "--segments <n>",
      "copy a large file that passes through this machine on several connections at once: 1 to 16, or auto (default: 1)",
    )
    .option(
      "--bwlimit <rate>",
      "maximum rate of all files together in bytes per second: 10M, or a timetable such as '08:00,1M 18:00,off Mon-Fri' (default: off)",
    )
    .option(
      "--max-transfer <size>",
      "copy at most this many bytes, in files that fit as a whole: 10G (default: no limit)",
    )
    .option("--max-duration <time>", "start no more files after this time: 30m, 2h (default: no limit)")
    .option("--retries <n>", "retries per file, 0 to 100 (default: 3)")
    .option("--max-directories <n>", "maximum number of directories listed (default: 1000000)")
    .option(
      "--max-entries <n>",
      "maximum number of directory entries listed in total (default: 2000000; mirrors: 20000000)",
    )
    .option("--tls <policy>", "TLS for both sides: required, prefer or off")
    .option("--timeout <time>", "give up after this long without a reply or data: 30s, 5m")
    .option("--report <file>", "write a JSON report: failures, skipped, deleted");
  saysNo(command, "--no-resume", "do not resume partial files");
  withDisplayOptions(command);
  return withRuleOptions(command).option("-n, --dry-run", "show what would be done, without doing it");
}

/** How a run is shown where nobody watches it. */
export const LOG_FILE_OPTION = [
  "--log-file <file>",
  "append the output of -v (with -vv, that of -vv) to a file, with times",
] as const;

export function withDisplayOptions(command: Command): Command {
  return command
    .option(
      "--stats <time>",
      "without a terminal: write a line of statistics this often, such as 30s, instead of one for each file; with --json an event stats",
    )
    .option("--one-line", "print nothing but errors and, at the end, one line with the date: for cron")
    .option(...LOG_FILE_OPTION);
}

/** For commands that delete. */
export const INTERACTIVE_OPTION = [
  "-i, --interactive",
  "ask before anything is deleted; needs a terminal",
] as const;

/** An option that only says no; without it nothing is set, so that a job's file may set it as well. */
export function saysNo(command: Command, flags: string, description: string): Command {
  const option = new Option(flags, description);
  const name = option.attributeName();
  return command.addOption(option).hook("preAction", (_, action) => {
    if (action.getOptionValueSource(name) === "default") action.setOptionValue(name, undefined);
  });
}

/** Heading of the options that say which files are wanted. */
export const RULE_OPTIONS = "Selection of files:";

/** Options that say which files are wanted. */
export function withRuleOptions(command: Command): Command {
  const rules: Rule[] = [];
  command.optionsGroup(RULE_OPTIONS);
  const rule = (flags: string, description: string, toRule: (glob: string) => Rule) =>
    new Option(flags, description).argParser((glob: string) => rules.push(toRule(glob)) && rules);
  return command
    .addOption(
      rule("--include <glob>", "include matching files; the first rule that matches decides", (include) => ({
        include,
      })),
    )
    .addOption(
      rule(
        "--exclude <glob>",
        "exclude matching files, and matching directories with all their contents",
        (exclude) => ({
          exclude,
        }),
      ),
    )
    .option(
      "--filter-from <file>",
      "read more rules from a file, one per line: + GLOB, - GLOB, # COMMENT; may be repeated",
      (file: string, before: readonly string[] = []) => [...before, file],
    )
    .optionsGroup("Options:")
    .hook("preAction", (_, action) => {
      if (rules.length > 0) action.setOptionValue("rules", rules.splice(0));
    });
}

/** The only files that are wanted, from a list. */
export function withListOptions(command: Command): Command {
  return command
    .optionsGroup(RULE_OPTIONS)
    .option(
      "--files-from <file>",
      "only the files of a list below the source directory, one name per line; NAME<tab>NAME stores it under another name (not mirror); - reads standard input",
    )
    .option("--from0", "names in the list end in NUL, as find -print0 writes them")
    .option("--failed-to <file>", "write a list of the files that were not copied, for --files-from")
    .optionsGroup("Options:");
}

export function directoriesOf({ config, jobs }: CommonOptions): Directories {
  return findDirectories(config, jobs);
}
