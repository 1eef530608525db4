import { appendFile } from "node:fs/promises";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/logger.ts";

/** How long a line waits for more. */
const GATHER_MS = 250;

/** A file of lines of xferlog(5), in their order. */
export class TransferLog {
  readonly #file: string;
  readonly #log: Logger;
  #waiting = "";
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isReported = false;

  /** @param log gets one warning about lines that cannot be written */
  constructor(file: string, log: Logger) {
    this.#file = file;
    this.#log = log;
  }

  /** It is written together with others: a file that is opened for each line costs as much as the transfer. */
  readonly add = (line: string): void => {
    this.#waiting += line;
    this.#timer ??= setTimeout(() => void this.settled(), GATHER_MS);
  };

  /** Until all that was added is written, or cannot be. */
  async settled(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#waiting;
    this.#waiting = "";
    if (text !== "") this.#writing = this.#writing.then(() => this.#append(text));
    await this.#writing;
  }

  async #append(text: string): Promise<void> {
    try {
      await appendFile(this.#file, text, { mode: 0o640 });
    } catch (error) {
      const because = messageOf(error);
      if (!this.#isReported)
        this.#log.warn({ file: this.#file, because }, "cannot write the transfer log; it lacks lines");
      this.#isReported = true;
    }
  }
}
