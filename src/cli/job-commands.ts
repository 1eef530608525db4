import type { Command } from "commander";
import { INTERACTIVE_OPTION, JOBS_OPTION, withListOptions, withTransferOptions } from "./command-line.ts";

/** The commands on jobs, their runs and the daemon. */
export function registerJobCommands(
  command: (usage: string, summary: string) => Command,
  version: string,
): void {
  withListOptions(withTransferOptions(command("run", "run one job of jobs/ now, in this process")))
    .argument("<job>", "name of the job, or its file")
    .option(...JOBS_OPTION)
    .option(...INTERACTIVE_OPTION)
    .addHelpText(
      "after",
      "\nCommand-line options override the job file.\n\nExample:\n  fxpd run nightly-pub --dry-run",
    )
    .action(async (name: string, options: object) => {
      process.exitCode = await (await import("./commands/jobs/run.ts")).runCommand(name, options);
    });

  command("check", "check config/ and jobs/: report file, line, key and what was expected")
    .option(...JOBS_OPTION)
    .action(async (options: object) => {
      process.exitCode = await (await import("./commands/check.ts")).checkCommand(options);
    });

  command("import", "make hosts and jobs from the files of other programs")
    .argument(
      "<files...>",
      "FileZilla, WinSCP, rclone, lftp (bookmarks, scripts, crontabs), netrc or FlashFXP",
    )
    .option(
      "--format <kind>",
      "filezilla, winscp, rclone, lftp-bookmarks, lftp, netrc or flashfxp (default: by content)",
    )
    .option(...JOBS_OPTION)
    .option("-n, --dry-run", "show what would be written, without writing it")
    .addHelpText(
      "after",
      `
Hosts are written to hosts/ of the configuration, jobs to jobs/, passwords to files beside the hosts that only you can read.
Nothing is overwritten. Settings that fxpd does not have are listed, each with its line and the reason. The exit status is 1 if a
file exists already with other content, or if an FTP server or a job could not be imported.

Examples:
  fxpd import --dry-run ~/.config/filezilla/sitemanager.xml
  fxpd import WinSCP.ini ~/.config/rclone/rclone.conf
  crontab -l > crontab.txt && fxpd import ~/.local/share/lftp/bookmarks crontab.txt`,
    )
    .action(async (files: string[], options: object) => {
      process.exitCode = await (await import("./commands/import.ts")).importCommand(files, options);
    });

  for (const [name, parts, summary] of [
    ["daemon", ["scheduler", "worker", "api"], "run scheduler, worker and API in one process"],
    ["scheduler", ["scheduler"], "run the scheduler: create runs when they are due"],
    ["worker", ["worker"], "run a worker; start as many as you like, on any number of machines"],
    ["api", ["api"], "run the HTTP API"],
  ] as const) {
    command(name, summary)
      .option(...JOBS_OPTION)
      .addHelpText(
        "after",
        "\nReads config/daemon.yaml. If no Redis is configured there, a private one is started.\nSIGTERM shuts it down cleanly, SIGHUP reloads hosts and jobs; a change to daemon.yaml needs a restart.",
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
    .option(...JOBS_OPTION)
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

  command("cancel", "cancel a run; transfers in progress stop within seconds")
    .argument("<run>", "ID of the run")
    .option(...JOBS_OPTION)
    .addHelpText(
      "after",
      "\nJobs that follow it whatever its outcome (after: {on: always}) are started. If it has not begun, they are those of the\njobs directory of this command: give the same --jobs as to the daemon.",
    )
    .action(async (run: string, options: object) => {
      process.exitCode = await (await import("./commands/jobs/runs.ts")).orderCommand("cancel", run, options);
    });

  command("retry", "start a run of only the files that failed in this run")
    .argument("<run>", "ID of the run")
    .action(async (run: string, options: object) => {
      process.exitCode = await (await import("./commands/jobs/runs.ts")).orderCommand("retry", run, options);
    });

  for (const [what, summary] of [
    ["pause", "pause a run, or the schedule of a job"],
    ["resume", "resume a run, or the schedule of a job"],
  ] as const) {
    command(what, summary)
      .argument("<run|job>", "ID of a run, or name of a job")
      .option(...JOBS_OPTION)
      .action(async (name: string, options: object) => {
        process.exitCode = await (await import("./commands/jobs/runs.ts")).pauseCommand(what, name, options);
      });
  }

  command("audit", "show who changed what on this machine, and the outcome")
    .option(
      "--since <when>",
      "only entries since then: an age such as 7d, or a date such as 2026-01-31T12:30Z",
    )
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

  command(
    "workers",
    "show the workers that are running, on all machines, and the runs that each plans",
  ).action(async (options: object) => {
    process.exitCode = await (await import("./commands/jobs/workers.ts")).workersCommand(options);
  });

  command("next", "show when jobs are due next")
    .argument("[job]", "only this job (default: all jobs)")
    .option(...JOBS_OPTION)
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
    .option(...JOBS_OPTION)
    .action(async (job: string, due: string | undefined, options: object) => {
      process.exitCode = await (await import("./commands/jobs/skip.ts")).skipCommand(job, due, options);
    });
}
