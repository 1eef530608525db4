import { createInterface, type Interface } from "node:readline";
import { ConfigError } from "../../../shared/errors.ts";
import { askTerminal } from "../../ftp/input/secret.ts";

/** Asks on standard error, and is answered on standard input, by a person or line by line by a script. */
export class Questions implements Disposable {
  #lines: AsyncIterator<string, undefined> | undefined;
  #reader: Interface | undefined;
  readonly #signal: AbortSignal;

  /** @param signal ends the wait for an answer */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#reader?.close(), { once: true });
  }

  /** @throws ConfigError where nobody answers; `option` says the same without a question */
  async ask(question: string, option: string): Promise<string> {
    process.stderr.write(question);
    const answer = await this.#line();
    if (answer === undefined)
      throw new ConfigError(`no answer; use ${option}`, question.trim().replace(/:$/, ""));
    return answer.trim();
  }

  async isAgreed(question: string): Promise<boolean> {
    process.stderr.write(question);
    return /^y(es)?$/i.test((await this.#line())?.trim() ?? "");
  }

  /** A secret: at a terminal it is not shown while it is typed. @throws ConfigError where there is none */
  async secret(question: string): Promise<string> {
    const isTerminal = process.stdin.isTTY;
    // The terminal is read by somebody else meanwhile.
    if (isTerminal) this[Symbol.dispose]();
    const secret = isTerminal ? await askTerminal(question) : await this.#line();
    if (secret === undefined || secret === "") throw new ConfigError("expected a password");
    return secret;
  }

  [Symbol.dispose](): void {
    this.#reader?.close();
    this.#reader = undefined;
    this.#lines = undefined;
  }

  async #line(): Promise<string | undefined> {
    if (this.#signal.aborted) return undefined;
    this.#reader ??= createInterface({ input: process.stdin });
    this.#lines ??= this.#reader[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
    const next: IteratorResult<string, undefined> = await this.#lines.next();
    return next.done === true ? undefined : next.value;
  }
}
