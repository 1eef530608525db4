import { z } from "zod";
import { choice, Duration } from "../../config/schema/fields.ts";
import { ConfigError } from "../../shared/errors.ts";
import { chosen } from "../chosen.ts";
import type { CommonOptions, DisplayFlags } from "./flags.ts";
import { questionsOn } from "../process/ask.ts";
import { withoutPasswords } from "../process/process-title.ts";
import { gathered } from "./terminal/gathered.ts";
import { loggedTo } from "./log-file.ts";
import { humanOutput, jsonOutput, type Output, type Verbosity } from "./output.ts";
import { paletteFor } from "./terminal/palette.ts";

const DisplayOptions = z.strictObject({
  color: choice("auto", "always", "never").default("auto"),
  stats: Duration.optional(),
});

/** Where a command shows itself. */
interface StandardStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The output that the command line asks for.
 * @param title what is run, such as `mirror archive:/pub edge:/pub`; passwords in URLs are taken out
 * @throws ConfigError for options that cannot be
 */
export function outputFor(
  given: CommonOptions & DisplayFlags & { readonly dryRun?: boolean },
  title: string | undefined,
  { stdin, stdout, stderr, env }: StandardStreams,
): Output {
  const { color, stats: statsMs } = chosen(DisplayOptions, { color: given.color, stats: given.stats }, {});
  const { json = false, quiet = false, verbose = 0, dryRun: isDryRun = false, oneLine = false } = given;
  if (oneLine && json) throw new ConfigError("cannot be combined with --json", "--one-line");
  const streams = { out: gathered(stdout), err: stderr };
  const verbosity = (quiet ? 0 : Math.min(1 + verbose, 3)) as Verbosity;
  const name = (title ?? "").split(" ").map(withoutPasswords).join(" ");
  const colors = { out: paletteFor(color, streams.out, env), err: paletteFor(color, stderr, env) };
  const counted = statsMs === undefined ? {} : { statsMs };
  const shown = json
    ? jsonOutput(streams, verbosity, counted)
    : humanOutput(streams, verbosity, {
        ...{ isDryRun, colors, isDumb: env["TERM"] === "dumb", ...counted },
        ...(oneLine ? { oneLineOf: `fxpd ${name}` } : {}),
      });
  const asking = given.interactive === true && !isDryRun ? asked(shown, { stdin, stderr }) : shown;
  if (given.logFile === undefined) return asking;
  const logging = { title: `fxpd ${name}`, verbosity: Math.min(1 + verbose, 3) as Verbosity };
  return loggedTo(given.logFile, asking, { ...logging, isDryRun, ...counted });
}

/**
 * @param title what is run, as a log names it
 * @throws ConfigError for options that cannot be
 */
export function outputOf(
  given: CommonOptions & DisplayFlags & { readonly dryRun?: boolean },
  title?: string,
): Output {
  return outputFor(given, title, process);
}

/** The same output, by which a person is asked before anything is deleted. */
function asked(output: Output, { stdin, stderr }: Pick<StandardStreams, "stdin" | "stderr">): Output {
  const open = () => {
    output.open?.();
    if (stdin.isTTY !== true || stderr.isTTY !== true)
      throw new ConfigError("needs a terminal to ask on", "--interactive");
  };
  return { ...output, open, ask: questionsOn({ input: stdin, output: stderr }, output.whilePaused) };
}
