import { ConfigError, messageOf } from "../../../shared/errors.ts";
import { printable } from "../../../shared/printable.ts";
import { hiddenLine } from "../../ftp/input/secret.ts";

/** Asks on standard error, and is answered on standard input, by a person or line by line by a script. */
export class Questions implements Disposable {
  /** What has come and was not asked for yet: somebody may type ahead. */
  #text = "";
  #hasEnded = false;
  #isReading = false;
  #arrived = () => {};
  readonly #signal: AbortSignal;

  /** @param signal ends the wait for an answer */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#arrived(), { once: true });
  }

  /**
   * A person is asked again after an answer that cannot be.
   * @param read what an answer means; it throws a ConfigError for one that cannot be
   * @throws ConfigError where nobody answers; `option` says the same without a question
   */
  async ask<T>(question: string, option: string, read: (answer: string) => T): Promise<T> {
    for (;;) {
      process.stderr.write(question);
      const answer = await this.#line();
      if (answer === undefined) {
        process.stderr.write("\n");
        throw new ConfigError(`no answer to "${question.replace(/:? $/, "")}"; use ${option}`);
      }
      try {
        return read(answer.trim());
      } catch (error) {
        if (!process.stdin.isTTY || !(error instanceof ConfigError)) throw error;
        process.stderr.write(`${printable(messageOf(error).replace(`${option}: `, ""))}\n`);
      }
    }
  }

  async isAgreed(question: string): Promise<boolean> {
    process.stderr.write(question);
    const answer = await this.#line();
    if (answer === undefined) process.stderr.write("\n");
    return /^y(es)?$/i.test(answer?.trim() ?? "");
  }

  /** A secret: at a terminal it is not shown while it is typed. @throws ConfigError where there is none */
  async secret(question: string): Promise<string> {
    const secret = process.stdin.isTTY ? await this.#hidden(question) : await this.#line();
    if (secret === undefined || secret === "") throw new ConfigError("expected a password");
    return secret;
  }

  [Symbol.dispose](): void {
    if (this.#isReading) process.stdin.off("data", this.#take).off("end", this.#end).pause();
  }

  async #hidden(question: string): Promise<string | undefined> {
    try {
      // Before the question: who reads it may type at once.
      process.stdin.setRawMode(true);
      process.stderr.write(question);
      for (;;) {
        const typed = hiddenLine(this.#text);
        if (typed === "interrupted") throw new DOMException("interrupted", "AbortError");
        if (typed === "given up") return undefined;
        if (typed !== undefined) {
          this.#text = typed.rest;
          return typed.line;
        }
        if (!(await this.#more())) return undefined;
      }
    } finally {
      process.stdin.setRawMode(false);
      process.stderr.write("\n");
    }
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const [, line, rest] = /^(.*?)\r?\n(.*)$/s.exec(this.#text) ?? [];
      if (line !== undefined) {
        this.#text = rest ?? "";
        return line;
      }
      if (!(await this.#more())) break;
    }
    const last = this.#text;
    this.#text = "";
    return last === "" || this.#signal.aborted ? undefined : last;
  }

  /** Waits for more text. @returns false where none will come */
  async #more(): Promise<boolean> {
    if (!this.#isReading) {
      this.#isReading = true;
      process.stdin.setEncoding("utf8").on("data", this.#take).on("end", this.#end);
    }
    if (this.#hasEnded || this.#signal.aborted) return false;
    const before = this.#text.length;
    await new Promise<void>((resolve) => (this.#arrived = resolve));
    return this.#text.length > before;
  }

  readonly #take = (text: string) => {
    this.#text += text;
    this.#arrived();
  };

  readonly #end = () => {
    this.#hasEnded = true;
    this.#arrived();
  };
}
