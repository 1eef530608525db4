import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunOutcome } from "../../batch/events.ts";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { requireOwnState, stateDirectory } from "../../state/directory.ts";
import { EXIT } from "./exit.ts";
import { printable } from "../../shared/printable.ts";

// An error that nobody expected is a fault of this program. It is reported in one sentence; its stack goes into a file.

/** How long what is in flight may take to end in good order. */
const GRACE_MS = 10_000;
/** Stacks that are kept; a daemon that is started again and again must not fill the disk. */
const KEPT = 20;

/** What ends this process, once something does. */
let ending: string | undefined;

/** Why this process ends before its time; undefined while nothing unexpected has happened. */
export function unexpectedEnd(): string | undefined {
  return ending;
}

/** Called with errors that have no other owner. */
let owner: ((error: unknown) => void) | undefined;

/** Makes this the only owner of all errors that have no other one. */
export function ownUnexpected(next: (error: unknown) => void): void {
  if (owner === undefined) {
    const tell = (error: unknown) => owner?.(error);
    process.on("uncaughtException", tell).on("unhandledRejection", tell);
  }
  owner = next;
}

/**
 * Owns every error that has no other owner: it is reported on standard error, and the process ends with 1 after what is in
 * flight has ended in good order, as after SIGTERM.
 * @param isVerbose whether the stack goes to standard error as well
 */
export function endWhenUnexpected(isVerbose: boolean): void {
  const end = (error: unknown) => {
    // Who cancels does not wait for what he has cancelled.
    if (isCancellation(error)) return;
    const sentence = unexpectedSentence(error, isVerbose);
    process.stderr.write(`fxpd: ${printable(sentence)}\n`);
    if (ending !== undefined) return;
    ending = sentence;
    if (process.listenerCount("SIGTERM") === 0) process.exit(EXIT.someFailed);
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(EXIT.someFailed), GRACE_MS).unref();
  };
  ownUnexpected(end);
  process.on("exit", () => {
    if (ending !== undefined) process.exitCode = EXIT.someFailed;
  });
}

/** What a fault of this program has cut off was not cancelled by a person. */
export function truthful<T extends { readonly outcome: RunOutcome; readonly because?: string }>(
  summary: T,
): T {
  return ending === undefined ? summary : { ...summary, outcome: "failed", because: ending };
}

/** The sentence for an error; where it is a fault of this program, with the file that has its stack. */
export function errorSentence(error: unknown): string {
  const isFault = FAULTS.some((kind) => error instanceof kind) && !("code" in (error as Error));
  return isFault ? unexpectedSentence(error, false) : messageOf(error);
}

const FAULTS = [TypeError, ReferenceError, RangeError];

function unexpectedSentence(error: unknown, isVerbose: boolean): string {
  const stack = stackOf(error);
  if (isVerbose) process.stderr.write(`${stack.split("\n").map(printable).join("\n")}\n`);
  return `unexpected error, probably a bug in fxpd: ${messageOf(error).split("\n", 1)[0]}; ${kept(stack)}`;
}

/** @returns where the stack is */
function kept(stack: string): string {
  const state = stateDirectory(process.env);
  const directory = join(state, "crashes");
  const file = join(directory, `${isoTime(Date.now()).replaceAll(":", "-")}-${process.pid}.txt`);
  try {
    requireOwnState(state);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const old of readdirSync(directory)
      .sort()
      .slice(0, 1 - KEPT))
      rmSync(join(directory, old), { force: true });
    writeFileSync(file, `node ${process.version}\n${stack}\n`, { mode: 0o600, flag: "a" });
    return `the stack trace is in ${file}`;
  } catch (failure) {
    return `the stack trace could not be written (${messageOf(failure)}); use -vv to print it`;
  }
}

/** The stacks of an error and of what has led to it; nothing else of them, for that may hold secrets. */
function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (
    let at = error;
    at !== undefined && stacks.length < 10;
    at = at instanceof Error ? at.cause : undefined
  )
    stacks.push(at instanceof Error ? (at.stack ?? at.message) : String(at));
  return stacks.join("\ncaused by: ");
}
