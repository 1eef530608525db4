import { basename } from "node:path";
import type { Command } from "commander";

/** Names by which old scripts call an FTP client. */
const CLASSIC = new Set(["ftp", "pftp"]);

/** Whether the program was called as one of the classic clients, by a link to it. */
export function isClassicName(path: string | undefined): boolean {
  return path !== undefined && CLASSIC.has(basename(path));
}

/** `fxpd ftp`: its options are those of the classic clients, and are read by itself. */
export function registerFtp(program: Command): void {
  program
    .command("ftp")
    .summary("the classic FTP client, for two servers: a console, or commands from a script")
    .description("The classic FTP client, for two servers: a console, or commands from a script.")
    .usage("[options] [[USER@]HOST [PORT] | URL | name of a host file]")
    .argument("[words...]")
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText("after", HELP)
    .action(async (words: string[]) => {
      process.exitCode = await (await import("../commands/ftp.ts")).ftpCommand(words, false);
    });
}

/** The arguments of a console, where the command line asks for one; help on it is the program's. */
export function consoleArguments(
  path: string | undefined,
  args: readonly string[],
): { readonly words: readonly string[]; readonly isCompatible: boolean } | undefined {
  const isCompatible = isClassicName(path);
  if (!isCompatible && args[0] !== "ftp") return undefined;
  const words = isCompatible ? args : args.slice(1);
  return words.includes("--help") || (words.length === 1 && words[0] === "-h")
    ? undefined
    : { words, isCompatible };
}

const HELP = `
Options, which may be written together (-inv):
  -d          show commands as they are sent, without passwords
  -e          no command line editing
  -g          no wildcards
  -i          do not ask before each of several files
  -n          do not log in by itself after connecting
  -p, -A      passive (the default) or active data connections
  -v, -V      show all replies, or only what fails (default: all on a terminal, failures in a script)
  -4, -6      only IPv4, or only IPv6
  -a          log in as anonymous
  -P PORT     connect to this port
  -N FILE     read logins from this file instead of ~/.netrc
  -s ADDRESS  connect from this IP address of this machine
  -q SECONDS  give up after this long without a reply or data
  -o FILE     receive the file of a URL into FILE; - is standard output
  -u URL FILE...    send files to the directory of a URL
  -c COMMANDS       carry out these commands, separated by ; and nothing else
  -f FILE, -s:FILE  read commands from a file instead of standard input
  -E, --strict      stop at the first command that fails
  --json            write one JSON object per line, as copy --json does; commands then come as from a script
  --tls POLICY      required, prefer or off (default: prefer)
  --config DIR      directory of the configuration

The exit status is 0 if all commands succeeded, 1 if some failed, 2 for wrong options, 3 if no login succeeded. Called as
ftp or pftp (by a link to fxpd), it is 0 whatever failed, unless FXPD_FTP_STATUS=honest.

Examples:
  fxpd ftp archive                              a console
  fxpd ftp -n <script                           as from a crontab
  fxpd ftp -c 'cd pub; mget *.iso' archive
  fxpd ftp -o a.iso ftp://ftp.example.org/pub/a.iso
  fxpd ftp archive, then: proxy open edge; proxy get a.iso    from archive to edge, server to server`;
