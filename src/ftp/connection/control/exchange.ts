import { type Command, redact, usesDataConnection } from "../../command.ts";
import { ProtocolError } from "../../protocol-error.ts";
import type { Reply } from "../../reply.ts";

/** Listeners for the end of a command. */
interface Listener {
  readonly ended: (reply: Reply) => void;
  readonly lost: (error: Error) => void;
}

/** Preliminary replies to one command. */
const MAX_PRELIMINARIES = 100;
/** The same for a transfer, where they may be restart and performance markers for hours. */
const MAX_MARKERS = 100_000;

/**
 * A command on its way and the replies it draws: any number of preliminary ones, then one final
 * (RFC 959 §6; RFC 1123 §4.1.3.4 asks to expect more than one 1yz).
 */
export class Exchange {
  readonly command: Command;
  /** Milliseconds from when it is this command's turn to its first reply. */
  readonly replyMs: number;
  /** Called for each preliminary reply: restart and performance markers come this way. */
  onPreliminary: ((reply: Reply) => void) | undefined;
  #begun: Reply | undefined;
  #preliminaries = 0;
  #end: Reply | Error | undefined;
  readonly #listeners: Listener[] = [];
  #final: Promise<Reply> | undefined;
  #first: Promise<Reply> | undefined;
  #tellFirst: ((reply: Reply) => void) | undefined;

  constructor(command: Command, replyMs: number) {
    this.command = command;
    this.replyMs = replyMs;
  }

  /** Calls one of the two as soon as it is known how the command ended, which may be at once. Neither may throw. */
  whenOver(ended: (reply: Reply) => void, lost: (error: Error) => void): void {
    if (this.#end === undefined) this.#listeners.push({ ended, lost });
    else if (this.#end instanceof Error) lost(this.#end);
    else ended(this.#end);
  }

  /**
   * The final reply, whatever it says. Rejects only when the connection ends before it, and nobody has to await that:
   * a command written ahead may fail before anyone looks. Made when it is asked for, for most are not.
   */
  get final(): Promise<Reply> {
    if (this.#final !== undefined) return this.#final;
    this.#final = new Promise((resolve, reject) => this.whenOver(resolve, reject));
    this.#final.catch(() => {});
    return this.#final;
  }

  /** The first preliminary reply, or the final one where none comes before it. */
  get first(): Promise<Reply> {
    if (this.#begun !== undefined) return Promise.resolve(this.#begun);
    this.#first ??= Promise.race([new Promise<Reply>((tell) => (this.#tellFirst = tell)), this.final]);
    return this.#first;
  }

  get hasBegun(): boolean {
    return this.#begun !== undefined;
  }

  /** @throws ProtocolError for more preliminary replies than any server has a reason to send */
  begin(reply: Reply): void {
    this.#preliminaries += 1;
    const most = usesDataConnection(this.command) ? MAX_MARKERS : MAX_PRELIMINARIES;
    if (this.#preliminaries > most)
      throw new ProtocolError(`${redact(this.command)}: more than ${most} preliminary replies`);
    this.#begun ??= reply;
    this.#tellFirst?.(reply);
    this.onPreliminary?.(reply);
  }

  finish(reply: Reply): void {
    if (this.#end !== undefined) return;
    this.#end = reply;
    for (const { ended } of this.#listeners) ended(reply);
  }

  fail(error: Error): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    for (const { lost } of this.#listeners) lost(error);
  }
}
