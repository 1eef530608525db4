import type { Command } from "commander";
import type { CleanFlags } from "./files/clean.ts";
import { INTERACTIVE_OPTION, LOG_FILE_OPTION } from "./command-line.ts";
import type { DuFlags } from "./files/read.ts";
import type { RmFlags } from "./files/rm.ts";

/** Commands that do one thing to files by name, at any location. */
export function registerFileCommands(
  command: (usage: string, summary: string) => Command,
  locations: string,
): void {
  command("ls", "list a directory, a file, or the files that match a pattern")
    .argument("<location>", "what to list")
    .option("-R, --recursive", "list everything below a directory; symbolic links are not followed")
    .option("--sort <by>", "name, size (largest first) or time (newest first) (default: name)")
    .option("--total", "at the end, the number of files and directories, and their bytes")
    .option("--retries <n>", "retries per directory, 0 to 100 (default: 3)")
    .option("--tls <policy>", "TLS: required, prefer or off")
    .option("--timeout <time>", "give up after this long without a reply or data: 30s, 5m")
    .option(...LOG_FILE_OPTION)
    .addHelpText(
      "after",
      `${locations}\nExamples:\n  fxpd ls archive:\n  fxpd ls 'archive:/pub/**/*.iso'\n  fxpd ls -R --sort size --total archive:/pub\n  fxpd ls ftp://ftp.example.org/pub`,
    )
    .action(async (location: string, options: object) => {
      process.exitCode = await (await import("./commands/ls.ts")).lsCommand(location, options);
    });

  const small = (usage: string, summary: string, examples: string) =>
    command(usage, summary)
      .option("--retries <n>", "retries per request, 0 to 100 (default: 3)")
      .option("--tls <policy>", "TLS: required, prefer or off")
      .option("--timeout <time>", "give up after this long without a reply or data: 30s, 5m")
      .option(...LOG_FILE_OPTION)
      .addHelpText("after", `${locations}\nExamples:\n${examples}`);

  small(
    "cat",
    "write files to standard output",
    "  fxpd cat archive:/pub/README\n  fxpd cat 'archive:logs/*.log' | grep error\n\nWith --json, the content is written in base64, as events named data.",
  )
    .argument("<locations...>", "files, or patterns")
    .action(async (given: string[], options: object) => {
      process.exitCode = await (await import("./files/read.ts")).catCommand(given, options);
    });

  small("mkdir", "create directories", "  fxpd mkdir -p edge:/pub/2026/01")
    .option("-p, --parents", "create missing directories above it too; no error if it exists")
    .argument("<locations...>", "the directories to create")
    .action(async (given: string[], options: object) => {
      process.exitCode = await (await import("./files/change.ts")).mkdirCommand(given, options);
    });

  small(
    "rm",
    "delete files, and directories with all their contents",
    `  fxpd rm edge:/pub/a.iso
  fxpd rm 'edge:incoming/*.tmp'                 files only; directories that match are skipped
  fxpd rm -r --dry-run edge:/pub/2019           shows what would be deleted
  fxpd rm -r --max-delete 50000 edge:/pub/2019

Everything is looked up before anything is deleted: if part of a directory cannot be listed, nothing in it is deleted.
Symbolic links are deleted, never followed. The root directory, the login directory (on this machine the working
directory) and the directories above them are refused. The exit status is 4 if a safeguard refused.`,
  )
    .option("-r, --recursive", "delete directories with all their contents")
    .option("-f, --force", "no error if there is nothing to delete")
    .option(...INTERACTIVE_OPTION)
    .option("--max-delete <n>", "delete nothing if it would be more than this many files (default: 1000)")
    .option("-n, --dry-run", "show what would be deleted, without deleting it")
    .argument("<locations...>", "files, directories (with -r), or patterns")
    .action(async (given: string[], options: RmFlags) => {
      process.exitCode = await (await import("./files/rm.ts")).rmCommand(given, options);
    });

  small(
    "clean",
    "delete what interrupted transfers have left behind: .fxpd-… files",
    `  fxpd clean --dry-run edge:/pub                shows what there is, and what would be deleted
  fxpd clean --older-than 7d edge:/pub ./mirror
  fxpd clean --all edge:/pub                    also what other users or installations of fxpd have left

All directories below are searched; symbolic links are not followed. A file is deleted if its name is exactly one that fxpd
gives to temporary files, it is certainly older than --older-than, and no run of this user and no worker of this installation
uses it. A partial file that is deleted cannot be resumed. The old version of a file that was being replaced is kept unless the
new version is known to be in place.`,
  )
    .option(
      "--older-than <when>",
      "only files last written before: an age such as 1d, or a date (default: 1d)",
    )
    .option("--all", "also files of other users or installations of fxpd")
    .option("-n, --dry-run", "show what would be deleted, without deleting it")
    .argument("<locations...>", "directories")
    .action(async (given: string[], options: CleanFlags) => {
      process.exitCode = await (await import("./files/clean.ts")).cleanCommand(given, options);
    });

  small(
    "mv",
    "rename files and directories on one server",
    `  fxpd mv edge:/pub/a.iso edge:/pub/b.iso
  fxpd mv edge:/pub/a.iso edge:/pub/b.iso edge:/pub/old/    into a directory

Works within one server; to move files to another server, use fxpd move.`,
  )
    .option("-f, --force", "replace an existing file that has the new name (default: refuse)")
    .option("-n, --dry-run", "show what would be renamed, without renaming it")
    .usage("[options] SOURCE... TARGET")
    .argument("<locations...>", "one or more sources; then the new name, or a directory")
    .action(async (given: string[], options: object, self: Command) => {
      const target = given.pop();
      if (target === undefined || given.length === 0)
        self.error("error: missing the target: fxpd mv SOURCE... TARGET");
      else process.exitCode = await (await import("./files/change.ts")).mvCommand(given, target, options);
    });

  small(
    "du",
    "show how many bytes directories hold",
    "  fxpd du archive:/pub\n  fxpd du -s --human-readable archive:/pub edge:/pub",
  )
    .option("-s, --summarize", "only the total of each location")
    .option("--max-depth <n>", "only directories at most this deep below the location (default: all)")
    .option("--human-readable", "sizes such as 1.2 GiB instead of bytes")
    .argument("<locations...>", "directories or files")
    .action(async (given: string[], options: DuFlags) => {
      process.exitCode = await (await import("./files/read.ts")).duCommand(given, options);
    });

  small("chmod", "set Unix permissions", "  fxpd chmod 644 edge:/pub/a.iso edge:/pub/b.iso")
    .argument("<mode>", "octal digits, such as 644 or 0755")
    .argument("<locations...>", "files or directories")
    .action(async (mode: string, given: string[], options: object) => {
      process.exitCode = await (await import("./files/change.ts")).chmodCommand(mode, given, options);
    });

  small(
    "touch",
    "set modification times, or create empty files",
    "  fxpd touch edge:/pub/done\n  fxpd touch --time 2026-01-31T12:30Z edge:/pub/a.iso",
  )
    .option("--time <when>", "a date such as 2026-01-31T12:30Z, or an age such as 7d (default: now)")
    .option("--no-create", "do not create missing files")
    .argument("<locations...>", "files")
    .action(async (given: string[], options: object) => {
      process.exitCode = await (await import("./files/change.ts")).touchCommand(given, options);
    });
}
