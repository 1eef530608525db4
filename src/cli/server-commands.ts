import type { Command } from "commander";

/** The commands that find out about servers. */
export function registerServerCommands(command: (usage: string, summary: string) => Command): void {
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

  command(
    "doctor",
    "explain why FXP works between two hosts, or does not, and what to change on which server",
  )
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

  command("routes", "show or forget what fxpd has learned about hosts and pairs of hosts")
    .argument("[source]", "a host from config/hosts, host:path or a URL (default: all)")
    .argument("[target]", "only transfers from the source to this host")
    .option(
      "--forget",
      "forget what is shown: with one host, everything about it; with two, everything about transfers from the first to the second",
    )
    .addHelpText(
      "after",
      `
For each pair: the third-party method that works, and the methods that were refused, with the server's reply and the time until
which they are not tried again. For each host: how the server differs from others. With a daemon, also what its workers have learned.

Examples:
  fxpd routes                                   everything
  fxpd routes archive edge                      from archive to edge
  fxpd routes --forget archive edge             the next copy tries every method again`,
    )
    .action(async (source: string | undefined, target: string | undefined, options: object) => {
      const hosts = [source, target].filter((host) => host !== undefined);
      process.exitCode = await (await import("./commands/routes.ts")).routesCommand(hosts, options);
    });
}
