import { ANSWER } from "../../../console/confirm.ts";
import { decodeText, encodeText } from "../../../shared/octets.ts";
import type { Input } from "../io.ts";
import { askTerminal } from "./secret.ts";

/** Lines of a script: on standard input, of a file, or from the command line. */
export class ScriptInput implements Input {
  readonly #lines: AsyncIterator<string>;
  readonly #write: (text: string) => void;
  #next: Promise<string | undefined> | undefined;

  /** @param write shows questions, as the classic clients do */
  constructor(lines: AsyncIterable<string>, write: (text: string) => void) {
    this.#lines = lines[Symbol.asyncIterator]();
    this.#write = write;
  }

  next(): Promise<string | undefined> {
    const line = this.#ahead();
    this.#next = undefined;
    return line;
  }

  /** A secret is asked for at the terminal that there may be all the same; else the next line has it. */
  async ask(question: string, isHidden: boolean): Promise<string | undefined> {
    const typed = isHidden ? await askTerminal(question) : undefined;
    if (typed !== undefined) return typed;
    if (!isHidden) this.#write(question);
    return this.next();
  }

  async answer(): Promise<string | undefined> {
    const line = await this.#ahead();
    // Where nothing follows, nobody can have meant yes.
    if (line === undefined) return "q";
    if (!ANSWER.test(line)) return undefined;
    this.#next = undefined;
    return line;
  }

  close(): void {
    void this.#lines.return?.();
  }

  #ahead(): Promise<string | undefined> {
    return (this.#next ??= this.#lines.next().then(({ done, value }) => (done === true ? undefined : value)));
  }
}

/** Bytes to lines, without what ends them; text as of `decodeText`. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): AsyncGenerator<string> {
  let tail = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let all = Buffer.concat([tail, typeof chunk === "string" ? encodeText(chunk) : chunk]);
    for (let end = all.indexOf("\n"); end !== -1; end = all.indexOf("\n")) {
      yield decodeText(all.subarray(0, end)).replace(/\r$/, "");
      all = all.subarray(end + 1);
    }
    tail = Buffer.from(all);
  }
  if (tail.length > 0) yield decodeText(tail);
}
