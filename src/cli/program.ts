import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import type { RestoreFlags } from "./commands/restore.ts";
import { withCommonOptions, withRuleOptions, withTransferOptions } from "./command-line.ts";
import { EXIT, statusOfError } from "./process/exit.ts";
import { registerFileCommands } from "./file-commands.ts";
import { withHabit } from "./foreign-habits.ts";
import { consoleArguments, registerFtp } from "./ftp/register.ts";
import { withDiffOptions, withMirrorOptions } from "./output/mirror-line.ts";
import { printable } from "../shared/printable.ts";
import { endWhenUnexpected, sentenceOf } from "./process/unexpected.ts";
import { endWhenUnread } from "./output/unread.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const LOCATIONS = `
A location is host:path (the host's file is config/hosts/<host>.yaml), a URL, or a local path:
  archive:/pub/a.iso                            an absolute path on the host archive
  archive:pub/*.iso                             relative to its login directory; quote wildcards
  ftp://user@ftp.example.org/pub/a.iso          without TLS; ftpes:// explicit TLS, ftps:// implicit TLS
  ./a.iso  /srv/a.iso  file:///srv/a.iso        on this machine
`;

const program = new Command("fxpd")
  .description("Copies and mirrors files between FTP servers, directly from server to server.")
  .version(version)
  .exitOverride()
  .showHelpAfterError("(run fxpd --help or fxpd COMMAND --help for usage)")
  .configureOutput({
    outputError: (text, write) =>
      write(
        withHabit(text, process.argv.slice(2))
          .replace(/^error: /, "fxpd: ")
          .split("\n")
          .map(printable)
          .join("\n"),
      ),
  })
  .addHelpText("after", LOCATIONS);

/** Each command is loaded when it is called, so that starting stays quick. */
function command(usage: string, summary: string): Command {
  return withCommonOptions(program.command(usage).summary(summary).description(summary));
}

withTransferOptions(command("copy", "copy files, server to server where the servers allow it"))
  .option(
    "--links <how>",
    "symbolic links that match: follow (if they stay inside the source), follow-all or skip (default: follow)",
  )
  .argument(
    "<locations...>",
    "one or more sources, which may contain * ? [a-z] [!x] {a,b} **; then the target",
  )
  .usage("[options] SOURCE... TARGET")
  .addHelpText(
    "after",
    `${LOCATIONS}
Examples:
  fxpd copy archive:/pub/a.iso edge:/pub/
  fxpd copy 'archive:/pub/**/*.iso' edge:/mirror/       directories below /pub are kept
  fxpd copy --fxp only --parallel 8 'archive:in/*' edge:out/
  fxpd copy 'archive:/pub/{a,b}*' ./here/               through this machine`,
  )
  .action(async (locations: string[], options: object, self: Command) => {
    const target = locations.pop();
    if (target === undefined || locations.length === 0)
      self.error("error: missing the target: fxpd copy SOURCE... TARGET");
    else
      process.exitCode = await (await import("./commands/copy.ts")).copyCommand(locations, target, options);
  });

withMirrorOptions(command("mirror", "make the target directory equal to the source directory"))
  .argument("<source>", "the source directory")
  .argument("<targets...>", "one or more target directories; created if missing")
  .usage("[options] SOURCE TARGET...")
  .addHelpText(
    "after",
    `${LOCATIONS}
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
    `${LOCATIONS}
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

command("restore", "restore files from the mirror trash")
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
  fxpd restore edge:/pub --trash .trash --list pub/a.iso    which runs moved it there
  fxpd restore edge:/pub --trash .trash --run 2026-01-31T02-15-00 --dry-run
  fxpd restore edge:/pub --trash .trash pub/a.iso docs`,
  )
  .action(async (target: string, paths: string[], options: RestoreFlags) => {
    process.exitCode = await (await import("./commands/restore.ts")).restoreCommand(target, paths, options);
  });

withTransferOptions(command("run", "run one job of jobs/ now, in this process"))
  .argument("<job>", "name of the job, or its file")
  .option("--jobs <dir>", "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)")
  .addHelpText(
    "after",
    "\nCommand-line options override the job file.\n\nExample:\n  fxpd run nightly-pub --dry-run",
  )
  .action(async (name: string, options: object) => {
    process.exitCode = await (await import("./commands/jobs/run.ts")).runCommand(name, options);
  });

registerFileCommands(command, LOCATIONS);

command("probe", "detect a server's features and behaviour with harmless tests")
  .argument("<host>", "a host from config/hosts, host:path or a URL: the directory to test in")
  .option("--read-only", "write nothing; skip tests that need a file")
  .addHelpText(
    "after",
    `
Test files (.fxpd-*.probe and similar) are stored in the directory and removed again.

Examples:
  fxpd probe archive                            in its login directory
  fxpd probe edge:/incoming
  fxpd probe --read-only ftp://ftp.example.org/pub`,
  )
  .action(async (host: string, options: object) => {
    process.exitCode = await (await import("./commands/probe.ts")).probeCommand(host, options);
  });

command("doctor", "explain why FXP works between two hosts, or does not, and what to change on which server")
  .argument("<source>", "a host from config/hosts, host:path or a URL: the directory to test in")
  .argument("<target>", "the same for the target")
  .option("--file <path>", "a file at the source to test with, if nothing can be stored there")
  .addHelpText(
    "after",
    `
Test files (.fxpd-*.probe) are stored in both directories, transferred by every method, and removed again.

Examples:
  fxpd doctor archive edge                      in their login directories
  fxpd doctor archive:/pub edge:/incoming
  fxpd doctor archive edge --file pub/README`,
  )
  .action(async (source: string, target: string, options: object) => {
    process.exitCode = await (await import("./commands/doctor.ts")).doctorCommand(source, target, options);
  });

withRuleOptions(command("filter", "show whether paths are included, and which rule decides"))
  .argument(
    "<paths...>",
    "relative to the source directory; a directory ends in /; - reads more from standard input",
  )
  .option("--job <job>", "a job's name or file; its rules apply after those of the command line")
  .option("--jobs <dir>", "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)")
  .addHelpText(
    "after",
    `
The first rule that matches a path decides: first rules of the command line, then of the job, then from files. If a
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

command("check", "check config/ and jobs/: report file, line, key and what was expected")
  .option("--jobs <dir>", "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)")
  .action(async (options: object) => {
    process.exitCode = await (await import("./commands/check.ts")).checkCommand(options);
  });

for (const [name, parts, summary] of [
  ["daemon", ["scheduler", "worker", "api"], "run scheduler, worker and API in one process"],
  ["scheduler", ["scheduler"], "run the scheduler: create runs when they are due"],
  ["worker", ["worker"], "run a worker; start as many as you like, on any number of machines"],
  ["api", ["api"], "run the HTTP API"],
] as const) {
  command(name, summary)
    .option("--jobs <dir>", "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)")
    .addHelpText(
      "after",
      "\nReads config/daemon.yaml. If no Redis is configured there, a private one is started.\nSIGTERM shuts it down cleanly, SIGHUP reloads the configuration.",
    )
    .action(async (options: object) => {
      process.exitCode = await (await import("./commands/jobs/daemon.ts")).daemonCommand(
        parts,
        options,
        version,
      );
    });
}

command("submit", "have the daemon run a job now")
  .argument("<job>", "name of the job, or its file")
  .option("--jobs <dir>", "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)")
  .option("--key <text>", "idempotency key: a second submission with the same key starts no second run")
  .option("-n, --dry-run", "show what would be done, without doing it")
  .option("--wait", "wait until the run ends, and exit with its status")
  .action(async (job: string, options: object) => {
    process.exitCode = await (await import("./commands/jobs/runs.ts")).submitCommand(job, options);
  });

command("runs", "list the most recent runs, newest first")
  .option("--job <name>", "only runs of this job")
  .option("--limit <n>", "how many (default: 20)")
  .action(async (options: object) => {
    process.exitCode = await (await import("./commands/jobs/runs.ts")).runsCommand(options);
  });

command("show", "show everything known about a run")
  .argument("<run>", "ID of the run")
  .option("--wait", "wait until the run ends, and exit with its status")
  .action(async (run: string, options: object) => {
    process.exitCode = await (await import("./commands/jobs/runs.ts")).showCommand(run, options);
  });

command("logs", "show the log of a run")
  .argument("<run>", "ID of the run")
  .option("-f, --follow", "follow the log until the run ends")
  .action(async (run: string, options: object) => {
    process.exitCode = await (await import("./commands/jobs/runs.ts")).logsCommand(run, options);
  });

command("history", "show the outcomes of a job's runs, including runs whose records have been deleted")
  .argument("<job>", "name of the job")
  .option("--limit <n>", "how many runs, 1 to 2000 (default: 30)")
  .option("--days", "show totals per day instead, up to ten years back")
  .action(async (job: string, options: object) => {
    process.exitCode = await (await import("./commands/jobs/history.ts")).historyCommand(job, options);
  });

for (const [what, summary] of [
  ["cancel", "cancel a run; transfers in progress stop within seconds"],
  ["retry", "start a run of only the files that failed in this run"],
] as const) {
  command(what, summary)
    .argument("<run>", "ID of the run")
    .action(async (run: string, options: object) => {
      process.exitCode = await (await import("./commands/jobs/runs.ts")).orderCommand(what, run, options);
    });
}

for (const [what, summary] of [
  ["pause", "pause a run, or the schedule of a job"],
  ["resume", "resume a run, or the schedule of a job"],
] as const) {
  command(what, summary)
    .argument("<run|job>", "ID of a run, or name of a job")
    .option("--jobs <dir>", "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)")
    .action(async (name: string, options: object) => {
      process.exitCode = await (await import("./commands/jobs/runs.ts")).pauseCommand(what, name, options);
    });
}

command("audit", "show who changed what on this machine, and the outcome")
  .option("--since <when>", "only entries since then: an age such as 7d, or a date such as 2026-01-31T12:30Z")
  .option("--limit <n>", "only the last N entries")
  .option("--verify", "verify the chain of entries and report the first altered one")
  .addHelpText(
    "after",
    `
Every request that changes something is recorded: API requests, commands and reloads. The records are in audit*.jsonl in the
data directory; each contains the digest of the previous one, so an altered or removed record is detected.

The exit status of --verify is 1 if a record was altered.

Examples:
  fxpd audit --since 7d
  fxpd audit --json --limit 100
  fxpd audit --verify`,
  )
  .action(async (options: object) => {
    process.exitCode = await (await import("./commands/audit.ts")).auditCommand(options);
  });

command("next", "show when jobs are due next")
  .argument("[job]", "only this job (default: all jobs)")
  .option("--jobs <dir>", "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)")
  .option("--count <n>", "number of times per job (default: 1; 5 for a single job)")
  .action(async (job: string | undefined, options: object) => {
    process.exitCode = await (await import("./commands/jobs/next.ts")).nextCommand(job, options);
  });

command("skip", "skip one scheduled run of a job")
  .argument("<job>", "name of the job")
  .argument(
    "[due]",
    "time of the run, such as 2026-12-24T02:15:00Z, as shown by fxpd next (default: the next one)",
  )
  .option("--undo", "undo a skip (default: the next skipped time)")
  .option("--jobs <dir>", "directory of the jobs (default: $FXPD_JOBS, or jobs beside the configuration)")
  .action(async (job: string, due: string | undefined, options: object) => {
    process.exitCode = await (await import("./commands/jobs/skip.ts")).skipCommand(job, due, options);
  });

registerFtp(program);

program
  .command("demo")
  .summary("show fxpd at work with two real FTP servers and a daemon on this machine")
  .description(
    "Starts vsftpd and ProFTPD on loopback addresses (downloaded from Debian if they are not installed), copies files between them, and mirrors one to the other on a schedule, while a worker is killed and the source loses most of its files. Takes about a minute and leaves nothing behind.",
  )
  .option("--keep", "keep everything running until Ctrl-C, to try things out")
  .action(async (options: { keep?: boolean }) => {
    process.exitCode = await (await import("./commands/demo.ts")).demoCommand(options.keep === true);
  });

/** Carries a command line out; `process.exitCode` says how that went. */
export async function run(args: readonly string[]): Promise<void> {
  endWhenUnread();
  endWhenUnexpected(
    args
      .filter((word) => /^-v+$/.test(word))
      .join("")
      .replaceAll("-", "").length > 1,
  );
  try {
    const call = consoleArguments(process.argv[1], args);
    if (call === undefined) await program.parseAsync(args, { from: "user" });
    else
      process.exitCode = await (await import("./commands/ftp.ts")).ftpCommand(call.words, call.isCompatible);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongInput;
    } else {
      process.stderr.write(`fxpd: ${printable(sentenceOf(error))}\n`);
      process.exitCode = statusOfError(error);
    }
  }
}
