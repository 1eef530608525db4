import { printable } from "../../../shared/printable.ts";
import { movedFigures } from "../../output/terminal/view.ts";
import type { ConsoleIo } from "../io.ts";

/** How often a line on the terminal is written anew, in milliseconds. */
const EVERY_MS = 200;

/** What a person sees of a transfer while it moves: `#` for so many bytes, or a line that is written anew. */
export class Meter {
  readonly #io: ConsoleIo;
  readonly #name: string;
  readonly #hashBytes: number | undefined;
  readonly #isLive: boolean;
  readonly #rings: boolean;
  readonly #beganMs = performance.now();
  #marks = 0;
  #writtenMs = 0;

  constructor(
    io: ConsoleIo,
    name: string,
    {
      hashBytes,
      progress,
      bell,
    }: { readonly hashBytes: number | undefined; readonly progress: boolean; readonly bell: boolean },
  ) {
    this.#io = io;
    this.#name = name;
    this.#hashBytes = hashBytes;
    this.#isLive = progress && io.live !== undefined && hashBytes === undefined;
    this.#rings = bell;
  }

  /** @param size of the whole file; undefined: not known */
  readonly at = (bytes: number, size?: number): void => {
    if (this.#hashBytes !== undefined) {
      const marks = Math.floor(bytes / this.#hashBytes);
      if (marks > this.#marks) this.#io.out("#".repeat(marks - this.#marks));
      this.#marks = Math.max(marks, this.#marks);
      return;
    }
    const nowMs = performance.now();
    if (!this.#isLive || nowMs - this.#writtenMs < EVERY_MS) return;
    this.#writtenMs = nowMs;
    // A line that wraps could not be written anew.
    const room = (this.#io.live?.columns() ?? 0) - 1;
    const text = `  ${movedFigures(bytes, size ?? null, nowMs - this.#beganMs)}`;
    const name = printable(this.#name).slice(0, Math.max(0, room - text.length));
    this.#io.live?.draw((name + text).slice(0, room));
  };

  end(): void {
    if (this.#isLive) this.#io.live?.clear();
    if (this.#marks > 0) this.#io.out("\n");
    if (this.#rings) this.#io.out("\x07");
  }
}
