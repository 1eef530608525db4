import { readFile } from "node:fs/promises";
import { findDirectories } from "../../config/load/directories.ts";
import { parseOptions } from "../../console/options.ts";
import { ConfigError } from "../../shared/errors.ts";
import { reasonAt } from "../../shared/reason-at.ts";
import { EXIT } from "../process/exit.ts";
import { runConsole } from "../ftp/console.ts";
import { jsonIo } from "../ftp/shown/events.ts";
import { withLiveLine } from "../ftp/shown/live-line.ts";
import type { ConsoleIo, Input } from "../ftp/io.ts";
import { readLines, ScriptInput } from "../ftp/input/script-input.ts";
import { TerminalInput } from "../ftp/input/terminal-input.ts";

/**
 * `fxpd ftp [OPTIONS] [HOST [PORT]]`
 * @param isCompatible called as `ftp` or `pftp`: the status is then 0 whatever failed, as old scripts expect it
 */
export async function ftpCommand(args: readonly string[], isCompatible: boolean): Promise<number> {
  const options = parseOptions(args);
  if (options.netrc !== undefined) process.env["NETRC"] = options.netrc;
  const isScript =
    options.isJson ||
    options.script !== undefined ||
    options.commands !== undefined ||
    process.stdin.isTTY !== true;
  const io = ioFor(options.isJson);
  const directories = findDirectories(options.config, undefined);
  const terminal = isScript ? undefined : new TerminalInput(options.toggles.edit !== false, directories);
  const input: Input = terminal ?? (await scriptInput(options.script, io));
  const interruption = terminal === undefined ? scriptInterruption() : () => terminal.interruption();
  const reading = terminal?.reading.bind(terminal);
  const deps = { io, input, directories, interruption, ...(reading === undefined ? {} : { reading }) };
  const status = await runConsole(options, isScript, deps);
  const isHonest = !isCompatible || process.env["FXPD_FTP_STATUS"] === "honest";
  return isHonest || status === EXIT.interrupted ? status : EXIT.done;
}

function ioFor(isJson: boolean): ConsoleIo {
  const out = (text: Uint8Array | string) => void process.stdout.write(text);
  const err = (text: string) => void process.stderr.write(text);
  const directory = process.cwd();
  if (isJson) return jsonIo(out, err, directory);
  const isTerminal = process.stdout.isTTY === true;
  const isSmart = isTerminal && process.stderr.isTTY === true && process.env["TERM"] !== "dumb";
  const io = { out, err, isTerminal, directory };
  return isSmart ? withLiveLine(io, () => process.stderr.columns) : io;
}

async function scriptInput(script: string | undefined, io: ConsoleIo): Promise<ScriptInput> {
  // Questions of a script are nothing that a program has to read.
  const write = (text: string) => (io.tell === undefined ? io.out(text) : undefined);
  if (script === undefined || script === "-") return new ScriptInput(readLines(process.stdin), write);
  const text = await readFile(script).catch((error: unknown) => {
    throw new ConfigError(`${script} cannot be read: ${reasonAt(script, error)}`);
  });
  return new ScriptInput(readLines([text]), write);
}

/** The first Ctrl-C, or SIGTERM, ends a script in good order; the second one at once. */
function scriptInterruption(): () => AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return () => controller.signal;
}
