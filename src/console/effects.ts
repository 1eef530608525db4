import type { ListingEntry } from "../ftp/listing/entry.ts";
import type { CodePage } from "../ftp/representation/ebcdic.ts";
import { classOf, isCompletion } from "../ftp/reply.ts";
import { type AdvisedReply, RefusedReplyError } from "./errors.ts";
import type { Representation, ConsoleSession, Which } from "./session.ts";

/** Where bytes come from or go to on this machine: a file, a shell command, or the console itself. */
export type Local =
  | { readonly kind: "file"; readonly path: string; readonly isAppendedTo?: true }
  | { readonly kind: "pipe"; readonly command: string }
  | { readonly kind: "console" };

/** One end of a whole-file transfer. */
export type End =
  | { readonly on: Which; readonly path: string }
  | { readonly on: "local"; readonly path: string };

/** How a transfer went. */
export interface Transferred {
  readonly bytes: number;
  readonly seconds: number;
  /** How it went between two servers, and why; absent where it was none. */
  readonly because?: string;
  readonly by?: "third-party" | "relay" | "server-side";
  /** What a server called the file that it stored under a name of its own choice. */
  readonly storedAs?: string;
}

/** A server to connect to, as it was typed. */
export interface TypedAddress {
  readonly text: string;
  readonly port?: number;
}

/** Who logs in, as far as it is known before anybody is asked. */
export interface TypedLogin {
  readonly user?: string;
  readonly password?: string;
  readonly account?: string;
  readonly init?: readonly string[];
  readonly macros?: ReadonlyMap<string, readonly string[]>;
}

/** A file that is moved as the representation says, without temporary name and verification. */
export interface RawTransfer {
  readonly on: Which;
  readonly verb: "RETR" | "STOR" | "STOU" | "APPE";
  readonly path: string;
  readonly local: Local;
  readonly representation: Representation;
  readonly restartAt: number;
  readonly keepsReturns: boolean;
  readonly codePage: CodePage;
  /** Bytes before `restartAt` that are received once more, and have to be the same as those here. */
  readonly comparedBytes?: number;
}

/** What a command asks of the world. Each is carried out outside of this folder. */
export type Effect =
  | { readonly kind: "print"; readonly to: "out" | "err"; readonly text: string }
  /** Printed on standard error the first time, and not again. */
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "connect"; readonly on: Which; readonly address: TypedAddress }
  | { readonly kind: "disconnect"; readonly on: Which }
  | { readonly kind: "credentials"; readonly on: Which }
  | { readonly kind: "command"; readonly on: Which; readonly verb: string; readonly argument?: string }
  | {
      readonly kind: "list";
      readonly on: Which;
      readonly verb: string;
      readonly argument?: string;
      readonly local: Local;
    }
  | { readonly kind: "entries"; readonly on: Which; readonly directory: string }
  /** What NLST gives for a pattern: the server matches it. */
  | { readonly kind: "names"; readonly on: Which; readonly pattern: string }
  | { readonly kind: "directory"; readonly on: Which }
  /** The directory that the login led to; undefined where the server did not tell. */
  | { readonly kind: "home"; readonly on: Which }
  /** How a connection is protected, in a sentence. */
  | { readonly kind: "protection"; readonly on: Which }
  /** Whether and where the conversation with servers is written from now on; null: no more. */
  | { readonly kind: "transcript"; readonly path: string | null }
  /** The newest lines of the conversation with servers. */
  | { readonly kind: "conversation" }
  /** A command of fxpd itself that goes on while others are carried out. @returns its number */
  | { readonly kind: "start"; readonly words: readonly string[] }
  /** The programs that were started. */
  | { readonly kind: "jobs" }
  /** Until a program that was started has ended, or all have; those that nobody has waited for yet are reported. */
  | { readonly kind: "wait"; readonly number?: number }
  | { readonly kind: "transfer"; readonly from: End; readonly to: End; readonly preservesTimes: boolean }
  | ({ readonly kind: "raw" } & RawTransfer)
  | { readonly kind: "local-entries"; readonly directory: string }
  | { readonly kind: "local-facts"; readonly path: string }
  | { readonly kind: "local-lines"; readonly path: string }
  | { readonly kind: "change-local"; readonly directory: string }
  /** `isPosix`: by /bin/sh, and not by the shell of the person. */
  | { readonly kind: "shell"; readonly command: string; readonly isPosix?: true }
  /** A command of fxpd itself, in a process of its own. */
  | { readonly kind: "program"; readonly words: readonly string[] }
  /** The names of the host files. */
  | { readonly kind: "hosts" }
  | { readonly kind: "ask"; readonly question: string; readonly isHidden: boolean }
  | { readonly kind: "answer"; readonly question: string }
  | { readonly kind: "settings"; readonly session: ConsoleSession };

/** A command on its way: it yields effects, is given what came of them, and returns. A failed effect is thrown into it. */
export type Routine<T> = Generator<Effect, T, unknown>;

export function* print(text: string): Routine<void> {
  yield { kind: "print", to: "out", text: `${text}\n` };
}

export function* complain(text: string): Routine<void> {
  yield { kind: "print", to: "err", text: `${text}\n` };
}

/** Says something the first time, and not again. */
export function* noteOnce(text: string): Routine<void> {
  yield { kind: "note", text };
}

/** A command of fxpd itself that was started and not waited for. */
export interface BackgroundCommand {
  readonly number: number;
  readonly command: string;
  /** Exit status; undefined while it runs. */
  readonly status?: number | undefined;
}

/** The reply to a command, whatever it says. */
export function* send(session: ConsoleSession, verb: string, argument?: string): Routine<AdvisedReply> {
  const about = argument === undefined ? {} : { argument };
  return (yield { kind: "command", on: session.at, verb, ...about }) as AdvisedReply;
}

/**
 * The reply to a command that the server has carried out. One that wants another command first (3yz) is an error for all
 * commands but a few (RFC 959 §6). @throws RefusedReplyError
 */
export function* demand(session: ConsoleSession, verb: string, argument?: string): Routine<AdvisedReply> {
  const reply = yield* send(session, verb, argument);
  if (!isCompletion(reply)) throw new RefusedReplyError(reply);
  return reply;
}

/** The reply to a command that another one may have to follow (3yz). @throws RefusedReplyError */
export function* sendStep(session: ConsoleSession, verb: string, argument?: string): Routine<AdvisedReply> {
  const reply = yield* send(session, verb, argument);
  if (!isCompletion(reply) && classOf(reply) !== "intermediate") throw new RefusedReplyError(reply);
  return reply;
}

/** A listing of the server, as far as it could be read. */
export interface ServerListing {
  readonly entries: readonly ListingEntry[];
  /** Why there may be more. */
  readonly fault?: string;
}

/** The entries of a directory of the server, or of the one that commands take effect in (""). */
export function* entriesOf(on: Which, directory: string): Routine<ServerListing> {
  return (yield { kind: "entries", on, directory }) as ServerListing;
}

/** The directory of the server that commands take effect in; undefined where the server does not tell. */
export function* directoryOf(on: Which): Routine<string | undefined> {
  return (yield { kind: "directory", on }) as string | undefined;
}

/** What a file of this machine is; undefined where there is none. */
export interface LocalFacts {
  readonly kind: "file" | "directory" | "other";
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}

export function* localFacts(path: string): Routine<LocalFacts | undefined> {
  return (yield { kind: "local-facts", path }) as LocalFacts | undefined;
}

/** The lines of a file of this machine. */
export function* localLines(path: string): Routine<readonly string[]> {
  return (yield { kind: "local-lines", path }) as readonly string[];
}

/** Names in a directory of this machine. */
export function* localNames(directory: string): Routine<readonly string[]> {
  return (yield { kind: "local-entries", directory }) as readonly string[];
}

/** A line from whoever types, or the next one of the script; undefined at its end. */
export function* promptFor(question: string, isHidden = false): Routine<string | undefined> {
  return (yield { kind: "ask", question, isHidden }) as string | undefined;
}

/** One word of a person, or the next line of the script where that is an answer; undefined where it is none. */
export function* answerTo(question: string): Routine<string | undefined> {
  return (yield { kind: "answer", question }) as string | undefined;
}

export function* moveWhole(from: End, to: End, preservesTimes: boolean): Routine<Transferred> {
  return (yield { kind: "transfer", from, to, preservesTimes }) as Transferred;
}

export function* moveRaw(transfer: RawTransfer): Routine<Transferred> {
  return (yield { kind: "raw", ...transfer }) as Transferred;
}
