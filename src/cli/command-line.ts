import type { Command } from "commander";
import { Option } from "commander";
import { type Directories, findDirectories } from "../config/load.ts";
import { CopyOptions, type Rule } from "../config/options.ts";
import type { SaidRules } from "../config/rules.ts";
import { ConfigError } from "../shared/errors.ts";
import { gathered } from "./gathered.ts";
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
export interface TransferOptions extends SaidRules {
  readonly fxp?: string;
  readonly parallel?: string;
  readonly verify?: string;
  /** False for `--no-resume`. */
  readonly resume?: boolean;
  readonly resumeCheck?: string;
  readonly retries?: string;
  readonly preserveTimes?: boolean;
  readonly tls?: string;
  readonly onExists?: string;
  readonly timeout?: string;
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
  command
    .option(
      "--fxp <policy>",
      "prefer: server to server, else through this machine; only; never (default: prefer)",
    )
    .option("--parallel <n>", "files in flight, 1 to 64 (default: 4)")
    .option("--on-exists <policy>", "overwrite, skip, newer, fail, or unique (default: overwrite)")
    .option(
      "--verify <how>",
      "size: equal at both ends; digest: too, where both have one; require-digest; off (default: size)",
    )
    .addOption(new Option("--no-resume", "start every file over").default(undefined))
    .option("--resume-check <how>", "before a file goes on: record, readback or digest (default: record)")
    .option("--retries <n>", "tries after the first, for each file, 0 to 100 (default: 3)")
    .option("--preserve-times", "give the target the source's modification time")
    .option("--tls <policy>", "required, prefer or off, for both sides")
    .option("--timeout <time>", "without a reply or an octet: 30s, 5m");
  return withRuleOptions(command).option("-n, --dry-run", "say what would be done, and do nothing");
}

/** Options that say which files are wanted. */
export function withRuleOptions(command: Command): Command {
  const rules: Rule[] = [];
  const rule = (flags: string, description: string, toRule: (glob: string) => Rule) =>
    new Option(flags, description).argParser((glob: string) => rules.push(toRule(glob)) && rules);
  return command
    .addOption(
      rule(
        "--include <glob>",
        "files that match are wanted; the first rule that matches decides",
        (include) => ({ include }),
      ),
    )
    .addOption(
      rule("--exclude <glob>", "files that match are left out, directories with all in them", (exclude) => ({
        exclude,
      })),
    )
    .option(
      "--filter-from <file>",
      "further rules, one a line: + GLOB, - GLOB, # COMMENT; may be repeated",
      (file: string, before: readonly string[] = []) => [...before, file],
    )
    .hook("preAction", (_, action) => {
      if (rules.length > 0) action.setOptionValue("rules", rules);
    });
}

/** What was said on the command line, over what was said elsewhere. @throws ConfigError */
export function copyOptionsOf(given: TransferOptions, otherwise: Partial<CopyOptions> = {}): CopyOptions {
  const all = {
    fxp: given.fxp,
    parallel: numberOf(given.parallel),
    verify: given.verify,
    resume: given.resume,
    resumeCheck: given.resumeCheck,
    retries: numberOf(given.retries),
    preserveTimes: given.preserveTimes,
    tls: given.tls,
    onExists: given.onExists,
    timeout: given.timeout,
  };
  const said = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
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

/** The number that was written; what is none stays as it is, for the message. */
function numberOf(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}

export function directoriesOf({ config, jobs }: CommonOptions): Directories {
  return findDirectories(config, jobs);
}

export function outputOf({ json, quiet, verbose = 0 }: CommonOptions): Output {
  const streams = { out: gathered(process.stdout), err: process.stderr };
  const verbosity = (quiet === true ? 0 : Math.min(1 + verbose, 3)) as Verbosity;
  return json === true ? jsonOutput(streams, verbosity) : humanOutput(streams, verbosity);
}
