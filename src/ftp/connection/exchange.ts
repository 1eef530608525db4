import type { Command } from "../command.ts";
import type { Reply } from "../reply.ts";

/**
 * A command on its way and the replies it draws: any number of preliminary ones, then one final
 * (RFC 959 §6; RFC 1123 §4.1.3.4 asks to expect more than one 1yz).
 */
export class Exchange {
  readonly command: Command;
  /** Milliseconds from when it is this command's turn to its first reply. */
  readonly replyMs: number;
  /** The final reply, whatever it says. Rejects only when the connection ends before it. */
  readonly final: Promise<Reply>;
  /** Called for each preliminary reply: restart and performance markers come this way. */
  onPreliminary: ((reply: Reply) => void) | undefined;
  #begun: Reply | undefined;
  #first: Promise<Reply> | undefined;
  #tellFirst: ((reply: Reply) => void) | undefined;
  readonly #settle: Settle<Reply>;

  constructor(command: Command, replyMs: number) {
    this.command = command;
    this.replyMs = replyMs;
    [this.final, this.#settle] = deferred<Reply>();
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

  begin(reply: Reply): void {
    this.#begun ??= reply;
    this.#tellFirst?.(reply);
    this.onPreliminary?.(reply);
  }

  finish(reply: Reply): void {
    this.#settle.resolve(reply);
  }

  fail(error: Error): void {
    this.#settle.reject(error);
  }
}

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** A promise whose rejection nobody has to await: a command written ahead may fail before anyone looks. */
function deferred<T>(): [Promise<T>, Settle<T>] {
  let settle: Settle<T> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => {});
  return [promise, settle as unknown as Settle<T>];
}
