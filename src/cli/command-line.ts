import type { Command } from "commander";
import { Option } from "commander";
import { type Directories, findDirectories } from "../config/load.ts";
import { CopyOptions, type Rule } from "../config/options.ts";
import { ConfigError } from "../shared/errors.ts";
import { humanOutput, jsonOutput, type Output, type Verbosity } from "./output.ts";

/** Options that every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly jobs?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: number;
}

/** Options that choose how files are copied. */
export interface TransferOptions {
  readonly fxp?: string;
  readonly parallel?: string;
  readonly verify?: string;
  readonly tls?: string;
  readonly onExists?: string;
  readonly timeout?: string;
  readonly rules?: readonly Rule[];
  readonly dryRun?: boolean;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option(
      "--config <dir>",
      "directory of the configuration (default: $FXPD_CONFIG, ./config, ~/.config/fxpd, /etc/fxpd)",
    )
    .option("--json", "one JSON object a line on standard output, the summary last")
    .option("-q, --quiet", "say nothing but what went wrong")
    .option(
      "-v, --verbose",
      "say why; twice (-vv): the conversation with the servers, secrets masked",
      (_, before: number) => before + 1,
      0,
    );
}

export function withTransferOptions(command: Command): Command {
  const rules: Rule[] = [];
  const rule = (flags: string, description: string, toRule: (glob: string) => Rule) =>
    new Option(flags, description).argParser((glob: string) => rules.push(toRule(glob)) && rules);
  return command
    .option(
      "--fxp <policy>",
      "prefer: server to server, else through this machine; only; never (default: prefer)",
    )
    .option("--parallel <n>", "files in flight, 1 to 64 (default: 4)")
    .option("--on-exists <policy>", "overwrite, skip, newer, fail, or unique (default: overwrite)")
    .option("--verify <how>", "size: equal at both ends; off (default: size)")
    .option("--tls <policy>", "required, prefer or off, for both sides")
    .option("--timeout <time>", "without a reply or an octet: 30s, 5m")
    .addOption(
      rule("--include <glob>", "copy files that match; the first rule that matches decides", (include) => ({
        include,
      })),
    )
    .addOption(rule("--exclude <glob>", "leave out files that match", (exclude) => ({ exclude })))
    .option("-n, --dry-run", "say what would be done, and do nothing")
    .hook("preAction", (_, action) => {
      if (rules.length > 0) action.setOptionValue("rules", rules);
    });
}

/** What was said on the command line, over what was said elsewhere. @throws ConfigError */
export function copyOptionsOf(given: TransferOptions, otherwise: Partial<CopyOptions> = {}): CopyOptions {
  const { parallel } = given;
  const said = {
    ...(given.fxp === undefined ? {} : { fxp: given.fxp }),
    ...(parallel === undefined ? {} : { parallel: /^\d+$/.test(parallel) ? Number(parallel) : parallel }),
    ...(given.verify === undefined ? {} : { verify: given.verify }),
    ...(given.tls === undefined ? {} : { tls: given.tls }),
    ...(given.onExists === undefined ? {} : { onExists: given.onExists }),
    ...(given.rules === undefined ? {} : { rules: given.rules }),
    ...(given.timeout === undefined ? {} : { timeout: given.timeout }),
  };
  const { timeout, ...rest } = otherwise;
  const parsed = CopyOptions.safeParse({
    ...rest,
    ...(timeout === undefined ? {} : { timeout: timeout / 1_000 }),
    ...said,
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new ConfigError((issue?.message ?? "").replace(/^Invalid (input|option): /, ""), `--${name}`);
}

export function directoriesOf({ config, jobs }: CommonOptions): Directories {
  return findDirectories(config, jobs);
}

export function outputOf({ json, quiet, verbose = 0 }: CommonOptions): Output {
  const streams = { out: process.stdout, err: process.stderr };
  const verbosity = (quiet === true ? 0 : Math.min(1 + verbose, 3)) as Verbosity;
  return json === true ? jsonOutput(streams, verbosity) : humanOutput(streams, verbosity);
}
