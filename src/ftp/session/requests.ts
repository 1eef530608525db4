import { onAbort } from "../connection/abort.ts";
import type { ControlConnection, Sender } from "../connection/control/control-connection.ts";
import { ProtocolError } from "../errors.ts";
import type { Reply } from "../reply.ts";
import type { Verb } from "./verbs.ts";

/** Sends a verb and reads its reply. @throws ReplyError for a reply the verb does not accept */
export function ask<T>(control: Sender, verb: Verb<T>, signal: AbortSignal, replyMs?: number): Promise<T> {
  // With one promise for all of it: this is what a run does most.
  return new Promise((resolve, reject) => asking(control, verb, signal, resolve, reject, replyMs));
}

/** As {@link ask}, with one of the two called in place of a promise. */
function asking<T>(
  control: Sender,
  verb: Verb<T>,
  signal: AbortSignal,
  answered: (meaning: T) => void,
  failed: (error: Error) => void,
  replyMs?: number,
): void {
  signal.throwIfAborted();
  const exchange = control.send(verb.command, replyMs);
  const undo = onAbort(signal, failed);
  const lost = (error: Error) => {
    undo();
    failed(error);
  };
  const ended = (reply: Reply) => {
    let meaning: T;
    try {
      meaning = answer(control, verb, reply);
    } catch (error) {
      return lost(error as Error);
    }
    undo();
    answered(meaning);
  };
  exchange.whenOver(ended, lost);
}

/**
 * The meaning of a reply that has come, exactly as it was sent; an error quotes it with our secrets masked.
 * @throws ReplyError for a reply the verb does not accept; ProtocolError for one that cannot be read
 */
export function answer<T>(control: Sender, verb: Verb<T>, reply: Reply): T {
  if (!verb.accepts(reply)) throw control.refusal(verb.command, reply);
  try {
    return verb.read(reply);
  } catch (error) {
    // Without its cause, which quotes the reply as it came.
    throw error instanceof ProtocolError
      ? new ProtocolError(control.masked(`${control.host.name}: ${error.message}`))
      : error;
  }
}

/** Sends several verbs, in one write where the server takes that, and reads their replies in order. */
export function askAll<T extends readonly unknown[]>(
  control: ControlConnection,
  wanted: { readonly [K in keyof T]: Verb<T[K]> },
  ahead: boolean,
  signal: AbortSignal,
): Promise<T> {
  if (ahead) return allAtOnce(control, wanted, signal);
  return oneByOne(control, wanted, signal);
}

async function oneByOne<T extends readonly unknown[]>(
  control: ControlConnection,
  wanted: { readonly [K in keyof T]: Verb<T[K]> },
  signal: AbortSignal,
): Promise<T> {
  const answers: unknown[] = [];
  for (const verb of wanted) answers.push(await ask(control, verb, signal));
  return answers as unknown as T;
}

/** All in one write, and one promise for all of their answers. */
function allAtOnce<T extends readonly unknown[]>(
  control: ControlConnection,
  wanted: { readonly [K in keyof T]: Verb<T[K]> },
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const answers: unknown[] = [];
    let left = wanted.length;
    if (left === 0) resolve(answers as unknown as T);
    for (const [at, verb] of wanted.entries()) {
      const answered = (meaning: unknown) => {
        answers[at] = meaning;
        left -= 1;
        if (left === 0) resolve(answers as unknown as T);
      };
      asking(control, verb, signal, answered, reject);
    }
  });
}

/**
 * Sends verbs of which each belongs to the one before it, with no other command between them, as long as they are not refused.
 * @param replyMs how long the reply to the last may take, where that is longer than usual
 * @returns the meaning of the last reply
 */
export async function askInSequence<T>(
  control: ControlConnection,
  before: readonly Verb<unknown>[],
  last: Verb<T>,
  signal: AbortSignal,
  replyMs?: number,
): Promise<T> {
  const { answered } = await control.inSequence(async (sender) => {
    for (const verb of before) await ask(sender, verb, signal);
    // Others go on behind it, and not behind its reply.
    return { answered: ask(sender, last, signal, replyMs) };
  });
  return answered;
}

/** The verb, with an answer instead of an error for a refusal, and for a reply that cannot be read. */
export function attempt<T>(verb: Verb<T>, otherwise?: T): Verb<T | undefined> {
  const read = (reply: Reply) => {
    try {
      return verb.accepts(reply) ? verb.read(reply) : otherwise;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return otherwise;
    }
  };
  return { ...verb, accepts: () => true, read };
}

/** The verb, with its reply for an answer, whatever that says. */
export function unjudged(verb: Verb<unknown>): Verb<Reply> {
  return { command: verb.command, accepts: () => true, read: (reply) => reply };
}
