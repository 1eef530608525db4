import { readFileSync } from "node:fs";
import { Command, CommanderError, Help, type Option } from "commander";
import { COMMON_OPTIONS, withCommonOptions } from "./command-line.ts";
import { EXIT, statusOfError } from "./process/exit.ts";
import { registerFileCommands } from "./file-commands.ts";
import { registerHostCommands } from "./host-commands.ts";
import { registerJobCommands } from "./job-commands.ts";
import { registerServerCommands } from "./server-commands.ts";
import { registerTransferCommands } from "./transfer-commands.ts";
import { consoleArguments, registerFtp } from "./ftp/register.ts";
import { printable } from "../shared/printable.ts";
import { endWhenUnexpected, errorSentence } from "./process/unexpected.ts";
import { endWhenUnread } from "./output/unread.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** The commit that was built, where the build knew it. */
declare const FXPD_BUILD: string | undefined;
const build = typeof FXPD_BUILD === "string" && FXPD_BUILD !== "" ? `build ${FXPD_BUILD}, ` : "";

const LOCATIONS = `
A location is host:path (the host's file is config/hosts/<host>.yaml), a URL, or a local path:
  archive:/pub/a.iso                            an absolute path on the host archive
  archive:pub/*.iso                             relative to its login directory; quote wildcards
  ftp://user@ftp.example.org/pub/a.iso          without TLS; ftpes:// explicit TLS, ftps:// implicit TLS
  ./a.iso  out/a.iso  /srv/a.iso                on this machine (also file:///srv/a.iso)
`;

/** What the parser says on standard error, kept until it has ended: what unknown words are called here is loaded only then. */
const refused = { error: "", help: "" };

export const program = new Command("fxpd")
  .description("Copies and mirrors files between FTP servers, directly from server to server.")
  .version(`${version} (${build}Node.js ${process.version}, ${process.platform} ${process.arch})`)
  .exitOverride()
  .showHelpAfterError("(run fxpd --help or fxpd COMMAND --help for usage)")
  .configureOutput({
    outputError: (text) => (refused.error += text),
    writeErr: (text) => (refused.help += text),
  })
  .configureHelp({
    groupItems<T extends Command | Option>(all: T[], visible: T[], groupOf: (item: T) => string) {
      const groups = Help.prototype.groupItems.call(this, all, visible, groupOf as never) as Map<string, T[]>;
      const common = groups.get(COMMON_OPTIONS);
      if (common === undefined) return groups;
      groups.delete(COMMON_OPTIONS);
      return groups.set(COMMON_OPTIONS, common);
    },
  })
  .addHelpText("after", LOCATIONS);

/** An error about a missing argument, with the arguments that the command takes. */
function withUsage(text: string, args: readonly string[]): string {
  if (!text.startsWith("error: missing required argument")) return text;
  let [command, path]: [Command, string] = [program, program.name()];
  for (const arg of args) {
    const next = command.commands.find((one) => one.name() === arg);
    if (next !== undefined) [command, path] = [next, `${path} ${arg}`];
  }
  return `${text.trimEnd()}\n(usage: ${path} ${command.usage()})\n`;
}

/** Writes what the parser has refused, and what its words are called here. */
async function writeRefusal(args: readonly string[]): Promise<void> {
  const { error, help } = refused;
  Object.assign(refused, { error: "", help: "" });
  if (error + help === "") return;
  const { ownOptions, withHabit } = await import("./foreign/foreign-habits.ts");
  const own = ownOptions(program.commands);
  const text = withHabit(withUsage(error, args), args, own).replace(/^error: /, "fxpd: ") + help;
  process.stderr.write(text.split("\n").map(printable).join("\n"));
}

/** Each command is loaded when it is called, so that starting stays quick. */
function command(usage: string, summary: string): Command {
  return withCommonOptions(program.command(usage).summary(summary).description(summary));
}

program.commandsGroup("Copy and compare:");
registerTransferCommands(command, LOCATIONS);
program.commandsGroup("Files and directories, one command each:");
registerFileCommands(command, LOCATIONS);
program.commandsGroup("Find out about servers:");
registerServerCommands(command);
registerHostCommands(program);
program.commandsGroup("Jobs, runs and the daemon:");
registerJobCommands(command, version);
program.commandsGroup("More:").helpCommand("help [command]", "show the help of a command");
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

program
  .command("completion")
  .summary("print a script that completes command lines in a shell")
  .description(
    "Prints a script for bash, zsh, fish or PowerShell that completes commands, options, jobs, hosts and remote paths.",
  )
  .argument("<shell>", "bash, zsh, fish or powershell")
  .addHelpText(
    "after",
    `
Examples:
  source <(fxpd completion bash)                in ~/.bashrc
  fxpd completion zsh > "\${fpath[1]}/_fxpd"
  fxpd completion fish > ~/.config/fish/completions/fxpd.fish
  fxpd completion powershell | Out-String | Invoke-Expression`,
  )
  .action(async (shell: string, _: object, self: Command) => {
    const { SCRIPTS, SHELLS } = await import("./completion/scripts.ts");
    const known = SHELLS.find((one) => one === shell);
    if (known === undefined) self.error("error: unknown shell; expected bash, zsh, fish or powershell");
    else process.stdout.write(SCRIPTS[known]);
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
  await perform(args);
}

/** As {@link run}, without what a process of its own needs. */
export async function perform(args: readonly string[]): Promise<void> {
  try {
    if (args[0] === "__complete") {
      await (await import("./completion/complete.ts")).answerShell(program, args.slice(1));
      return;
    }
    const call = consoleArguments(process.argv[1], args);
    if (call === undefined) await program.parseAsync(args, { from: "user" });
    else
      process.exitCode = await (await import("./commands/ftp.ts")).ftpCommand(call.words, call.isCompatible);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongInput;
      await writeRefusal(args);
    } else {
      process.stderr.write(`fxpd: ${printable(errorSentence(error))}\n`);
      process.exitCode = statusOfError(error);
    }
  }
}
