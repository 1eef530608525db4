import { randomBytes } from "node:crypto";
import type { Effect, Routine } from "../../console/effects.ts";
import { parseLine } from "../../console/grammar/words.ts";
import { executeLine } from "../../console/interpreter.ts";
import { type ConsoleOptions, sessionOf } from "../../console/options.ts";
import { withoutSecrets } from "../../console/secrets.ts";
import type { ConsoleSession, Which } from "../../console/session.ts";
import type { Directories } from "../../config/load/directories.ts";
import { systemClock } from "../../shared/clock.ts";
import { messageOf } from "../../shared/errors.ts";
import { printable } from "../../shared/printable.ts";
import { ownStateDirectory } from "../../state/directory.ts";
import { fileLedger } from "../../state/ledger.ts";
import { fileMemory } from "../../state/memory.ts";
import { memoryLedger } from "../../transfer/ledger.ts";
import { shortMemory } from "../../transfer/memory.ts";
import { EXIT } from "../process/exit.ts";
import { ConsoleTranscript } from "./conversation.ts";
import type { ConsoleReporter } from "./shown/console-event.ts";
import type { ConsoleIo, Input } from "./io.ts";
import { ownProgram, type RunProgram } from "./program.ts";
import { Performer } from "./performer.ts";
import type { WholeDeps } from "./whole.ts";

interface ConsoleDeps {
  readonly io: ConsoleIo;
  readonly input: Input;
  readonly directories: Directories;
  /** A signal for what is carried out next; it is aborted by Ctrl-C. */
  readonly interruption: () => AbortSignal;
  /** Runs commands of fxpd itself; absent: this program does. */
  readonly program?: RunProgram;
  /** What outlives the session; absent: the state directory. */
  readonly lasting?: WholeDeps["lasting"];
  /** Gets the session and what it is connected to before each line is read, for completion. */
  readonly reading?: (session: ConsoleSession, performer: Performer) => void;
}

/** Carries out lines to their end. @returns the exit status, as honest as that of all other commands */
export async function runConsole(
  options: ConsoleOptions,
  isScript: boolean,
  { io, input, directories, interruption, reading, ...given }: ConsoleDeps,
): Promise<number> {
  const { lasting = lastingFor(io), program = ownProgram(directories, io.tell !== undefined) } = given;
  let session = sessionOf(options, isScript);
  const conversation = new ConsoleTranscript(io, session);
  const { localAddress, timeoutMs, isAutomatic } = options;
  const resolve = { directories, localAddress, timeoutMs, isAutomatic };
  const deps = { io, input, conversation, resolve, clock: systemClock, lasting, program };
  const performer = new Performer(deps, session);
  let wasInterrupted = false;
  const began = performance.now();
  const commands = { succeeded: 0, failed: 0 };
  const execute = async (line: string) => {
    let signal = interruption();
    const ended = io.tell && announced(line, session, io.tell);
    const { failures } = session;
    session = await drive(executeLine(session, line), async (effect) => {
      const outcome = await performer.perform(effect, signal);
      // A person who answers after Ctrl-C says whether what is left is wanted all the same.
      if (effect.kind === "answer" && !isScript && signal.aborted) signal = interruption();
      return outcome;
    });
    performer.settle(session);
    wasInterrupted ||= signal.aborted;
    const outcome = session.failures > failures ? "failed" : "succeeded";
    if (ended?.(outcome) === true) commands[outcome] += 1;
  };
  const isOver = () =>
    session.isLeaving || (options.isStrict && session.failures > 0) || (isScript && wasInterrupted);
  for (const because of options.notes) {
    if (io.tell === undefined) io.err(`${because}\n`);
    else io.tell({ event: "note", because });
  }
  for (const line of [...options.first, ...(options.commands ?? [])]) if (!isOver()) await execute(line);
  while (!isOver() && options.commands === undefined) {
    reading?.(session, performer);
    const line = await input.next(promptOf(session, (on) => performer.link(on)?.directory));
    if (line === undefined) break;
    await execute(line);
  }
  input.close();
  const failedJobs = await performer.jobs.end(isScript && wasInterrupted, interruption);
  await performer.close();
  const status =
    isScript && wasInterrupted
      ? EXIT.interrupted
      : session.failures + failedJobs === 0
        ? EXIT.done
        : performer.hasLoggedIn
          ? EXIT.someFailed
          : EXIT.nothingDone;
  io.tell?.({ event: "summary", outcome: OUTCOMES[status], commands, seconds: secondsSince(began) });
  return status;
}

const OUTCOMES = {
  [EXIT.done]: "succeeded",
  [EXIT.someFailed]: "partial",
  [EXIT.nothingDone]: "failed",
  [EXIT.interrupted]: "cancelled",
} as const;

const secondsSince = (began: number) => Math.round(performance.now() - began) / 1_000;

/** Reports that a command line begins. @returns a function that reports its outcome; false where the line is no command */
function announced(
  line: string,
  { defining }: ConsoleSession,
  tell: ConsoleReporter,
): (outcome: "succeeded" | "failed") => boolean {
  if (defining !== undefined || parseLine(line) === undefined) return () => false;
  const began = performance.now();
  const shown = withoutSecrets(line).trim();
  tell({ event: "command", line: shown });
  return (outcome) => {
    tell({ event: "result", line: shown, outcome, seconds: secondsSince(began) });
    return true;
  };
}

/** Hands each effect out, and what came of it, or why nothing did, back in. */
async function drive<T>(routine: Routine<T>, perform: (effect: Effect) => Promise<unknown>): Promise<T> {
  let step = routine.next();
  while (step.done !== true) {
    let outcome: unknown;
    try {
      outcome = await perform(step.value);
    } catch (error) {
      step = routine.throw(error);
      continue;
    }
    step = routine.next(outcome);
  }
  return step.value;
}

/** What a terminal shows before each line: where commands go, and in which directory. */
export function promptOf(
  { servers, defining }: ConsoleSession,
  directoryOf: (on: Which) => string | undefined,
): string {
  if (defining !== undefined) return "";
  const shown = (on: Which) => {
    const name = servers[on]?.name;
    const directory = directoryOf(on);
    return name === undefined
      ? undefined
      : printable(directory === undefined ? name : `${name}:${directory}`);
  };
  const [first, second] = [shown("first"), shown("second")];
  if (second !== undefined) return `ftp ${first ?? "-"} | ${second}> `;
  return first === undefined ? "ftp> " : `ftp ${first}> `;
}

/** What outlives the session; without a place for it, only this session knows it. */
function lastingFor(io: ConsoleIo): WholeDeps["lasting"] {
  let known: ReturnType<WholeDeps["lasting"]> | undefined;
  const open = async () => {
    try {
      const state = ownStateDirectory(process.env);
      return { memory: fileMemory(state), ledger: await fileLedger(state) };
    } catch (error) {
      io.err(`${messageOf(error)}: what is interrupted now cannot be resumed by a later session\n`);
      return { memory: shortMemory(), ledger: memoryLedger(randomBytes(4).toString("hex")) };
    }
  };
  return () => (known ??= open());
}
