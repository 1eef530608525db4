import type { Command } from "commander";
import { withCommonOptions } from "./command-line.ts";

/** The commands on files of hosts. */
export function registerHostCommands(program: Command): void {
  const host = program
    .command("host")
    .summary("add a host to the configuration, or test one")
    .description("Adds hosts to config/hosts, and tests them.")
    .helpCommand(false);
  const command = (usage: string, summary: string) =>
    withCommonOptions(host.command(usage).summary(summary).description(summary));

  command("add", "add a host: test the login, then write its file")
    .argument("<name>", "name of the host, as in NAME:path")
    .option("--address <name>", "name or address of the server, without a port")
    .option("--port <n>", "port (default: 21, with implicit TLS 990)")
    .option("--user <name>", "user to log in as")
    .option(
      "--password-from <source>",
      "env:NAME, file:PATH, 'command:PROGRAM ARGUMENT…', netrc, or stdin: a line of standard input, kept in a file",
    )
    .option(
      "--tls <policy>",
      "required, prefer, off or implicit; if not given, fxpd finds out, and requires TLS from then on if the server offers it",
    )
    .option("--pin", "trust only the certificate that the server has now, whoever issued it")
    .option("--no-login", "do not connect; only write the file")
    .option("--timeout <time>", "give up after this long without a reply: 10s, 1m (default: 30s)")
    .addHelpText(
      "after",
      `
Without options, fxpd asks for the values. A password that you type is stored in hosts/NAME.password, which only you can read.
If the certificate is not trusted, fxpd shows it with its fingerprint; compare that with the one that the operator of the server
gives you. A server that says nothing for 2.5 s is asked whether it expects TLS from the first byte; if so, the file says
tls: { start: implicit }. Nothing is written if the name is taken or the login fails.

Examples:
  fxpd host add archive
  fxpd host add edge --address ftp.example.org --user mirror --password-from env:EDGE_PASSWORD --tls required
  pass show edge | fxpd host add edge --address ftp.example.org --user mirror --password-from stdin --pin`,
    )
    .action(async (name: string, options: object) => {
      process.exitCode = await (await import("./commands/hosts/add.ts")).hostAddCommand(name, options);
    });

  command("test", "log in, list the login directory, and show the result")
    .argument("<host>", "a host from config/hosts, host:path or a URL: the directory to list")
    .option("--tls <policy>", "TLS: required, prefer or off")
    .option("--timeout <time>", "give up after this long without a reply or data: 30s, 5m")
    .addHelpText(
      "after",
      "\nThe exit status is 3 if the login fails, 1 if the directory cannot be listed.\n\nExamples:\n  fxpd host test archive\n  fxpd host test archive:/pub --tls required",
    )
    .action(async (place: string, options: object) => {
      process.exitCode = await (await import("./commands/hosts/test.ts")).hostTestCommand(place, options);
    });
}
