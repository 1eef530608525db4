import { type Command, Option } from "commander";
import {
  JOBS_OPTION,
  withDisplayOptions,
  withListOptions,
  withRuleOptions,
  withTransferOptions,
} from "./command-line.ts";
import type { RestoreFlags } from "./commands/restore.ts";
import { withDiffOptions, withMirrorOptions } from "./output/mirror-line.ts";

/** Options of the commands that copy files by name. */
function withCopyOptions(command: Command): Command {
  return withListOptions(withTransferOptions(command)).option(
    "--links <how>",
    "symbolic links that match: follow (if they stay inside the source), follow-all or skip (default: follow)",
  );
}

async function copyOrMove(locations: string[], options: object, self: Command): Promise<void> {
  const target = locations.pop();
  if (target === undefined || locations.length === 0)
    self.error(`error: missing the target: fxpd ${self.name()} SOURCE... TARGET`);
  else process.exitCode = await (await import("./commands/copy.ts")).copyCommand(locations, target, options);
}

/** The commands that copy and compare files, and the one that explains their rules. */
export function registerTransferCommands(
  command: (usage: string, summary: string) => Command,
  locations: string,
): void {
  withCopyOptions(command("copy", "copy files, server to server where the servers allow it"))
    .argument(
      "<locations...>",
      "one or more files, directories or patterns (* ? [a-z] [!x] {a,b} **); then the target",
    )
    .usage("[options] SOURCE... TARGET")
    .addHelpText(
      "after",
      `${locations}
Examples:
  fxpd copy archive:/pub/a.iso edge:/pub/
  fxpd copy 'archive:/pub/**/*.iso' edge:/mirror/       directories below /pub are kept
  fxpd copy archive:/pub edge:/mirror/                  all files below /pub, to /mirror/pub
  fxpd copy archive:/pub/ edge:/mirror/                 the same, to /mirror
  fxpd copy --files-from wanted.txt --failed-to again.txt archive:/pub edge:/pub
  fxpd copy --fxp only --parallel 8 'archive:in/*' edge:out/
  fxpd copy --source-after 'move done/' 'outbox:/out/*.csv' partner:/in/
  fxpd copy 'archive:/pub/{a,b}*' ./here/               through this machine`,
    )
    .action(copyOrMove);

  withCopyOptions(command("move", "copy files, then delete each source file whose copy is verified"))
    .argument("<locations...>", "one or more files, directories or patterns, as with copy; then the target")
    .usage("[options] SOURCE... TARGET")
    .addHelpText(
      "after",
      `${locations}
The same as fxpd copy --source-after delete. A source file is deleted when its copy is verified (sizes, and digests if both
sides have a common one) and its size and time have not changed since. Otherwise it stays where it is, and the exit status
is 1. Directories are left unless --delete-empty-source-dirs is given. What was interrupted is completed by the same command.

Examples:
  fxpd move 'outbox:/out/*.csv' partner:/in/
  find /out -type f -printf '%P\\0' | fxpd move --from0 --files-from - --failed-to again /out partner:/in/
  fxpd move --dry-run archive:/old edge:/archive/`,
    )
    .action(async (locations: string[], options: object, self: Command) => {
      await copyOrMove(locations, { sourceAfter: "delete", ...options }, self);
    });

  withListOptions(
    withMirrorOptions(command("mirror", "make the target directory equal to the source directory")),
  )
    .addOption(new Option("--source-after <what>").hideHelp())
    .argument("<source>", "the source directory")
    .argument("<targets...>", "one or more target directories; created if missing")
    .usage("[options] SOURCE TARGET...")
    .addHelpText(
      "after",
      `${locations}
Examples:
  fxpd mirror archive:/pub edge:/pub
  fxpd mirror --delete --max-delete 5% --exclude '*.tmp' archive:/pub edge:/pub
  fxpd mirror --dry-run --delete archive:/pub ./pub    shows what would be done
  fxpd mirror --delete --trash .trash ./site edge:/www
  fxpd mirror --spread archive:/pub edge:/pub far:/pub    far is copied from edge, archive is read once
  fxpd mirror --delete --plan plan.jsonl archive:/pub edge:/pub    review the plan, then:
  fxpd mirror --apply plan.jsonl archive:/pub edge:/pub`,
    )
    .action(async (source: string, targets: string[], options: object) => {
      process.exitCode = await (await import("./commands/mirror.ts")).mirrorCommand(source, targets, options);
    });

  withDiffOptions(command("diff", "show the differences between two directories"))
    .argument("<source>", "a directory")
    .argument("<target>", "the directory to compare it with")
    .addHelpText(
      "after",
      `${locations}
Each line shows a sign and a path relative to both directories:
  = equal (with -v)     + only at the source     - only at the target     * different     ! unknown

The exit status is 0 if they are equal, 1 if they differ or something could not be compared.

Examples:
  fxpd diff archive:/pub edge:/pub
  fxpd diff --compare digest --exclude '*.tmp' archive:/pub ./pub`,
    )
    .action(async (source: string, target: string, options: object) => {
      process.exitCode = await (await import("./commands/diff.ts")).diffCommand(source, target, options);
    });

  withDisplayOptions(command("restore", "restore files from the mirror trash"))
    .argument("<target>", "the directory that was mirrored to")
    .argument(
      "[paths...]",
      "files, or directories with all their contents, relative to the target (default: everything)",
    )
    .requiredOption("--trash <dir>", "the trash directory, as given to the mirror")
    .option("--run <folder>", "trash folder of the run that moved them there (default: the newest)")
    .option(
      "--list",
      "list the trash folders without restoring anything; with paths, only those that contain one of them",
    )
    .option("--parallel <n>", "number of directories processed in parallel, 1 to 64 (default: 4)")
    .option("--retries <n>", "retries per directory, 0 to 100 (default: 3)")
    .option("--tls <policy>", "TLS: required, prefer or off")
    .option("--timeout <time>", "give up after this long without a reply or data: 30s, 5m")
    .option("-n, --dry-run", "show what would be done, without doing it")
    .addHelpText(
      "after",
      `
Files that a restore replaces are first moved to a new folder in the trash, so another restore can undo it.

Examples:
  fxpd restore edge:/pub --trash .trash --list
  fxpd restore edge:/pub --trash .trash --list iso/a.iso    which runs moved it there
  fxpd restore edge:/pub --trash .trash --run 2026-01-31T02-15-00 --dry-run
  fxpd restore edge:/pub --trash .trash iso/a.iso docs`,
    )
    .action(async (target: string, paths: string[], options: RestoreFlags) => {
      process.exitCode = await (await import("./commands/restore.ts")).restoreCommand(target, paths, options);
    });

  withRuleOptions(command("filter", "show whether paths are included, and which rule decides"))
    .argument(
      "<paths...>",
      "relative to the source directory; a directory ends in /; - reads more from standard input",
    )
    .option("--job <job>", "a job's name or file; its rules apply after those of the command line")
    .option(...JOBS_OPTION)
    .addHelpText(
      "after",
      `
The first rule that matches a path decides. Rules of the command line come first, then those of the job, then those from files. If a
directory is excluded, so is everything in it. Paths that match no rule are included, unless all rules are includes.

Patterns:
  *.tmp           any name with this ending, in any directory
  incoming/**     everything below incoming/ in the source; /a.tmp: only at the top level
  cache/          directories of that name, anywhere
  re:\\.[0-9]+$    a regular expression, matched anywhere in the path

The exit status is 0 if all paths are included, 1 if some are excluded.

Examples:
  fxpd filter --job nightly-pub pub/a.iso pub/x.tmp incoming/
  fxpd filter --include '*.iso' --exclude '*' a.iso b.txt
  find . -mindepth 1 -type f | fxpd filter --filter-from rules.txt -`,
    )
    .action(async (paths: string[], options: object) => {
      process.exitCode = await (await import("./commands/filter.ts")).filterCommand(paths, options);
    });
}
