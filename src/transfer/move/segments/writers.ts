import { anySignal } from "../../../shared/any-signal.ts";
import { isServer, type Writing } from "../../sides/side.ts";
import type { Ends } from "../relay.ts";
import { OneWriterError, secondWriterMs } from "./faults.ts";

/** Connections that write one file. */
export class Writers {
  readonly #signal: AbortSignal;
  /** How many write now. */
  #writing = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * Begins to write into a file, from this byte on.
   * @throws OneWriterError where another connection writes, and this one is not let in beside it
   */
  async open({ side, path }: Ends["target"], at: number): Promise<Writing> {
    // Some servers let one connection write a file at a time, and say nothing to the others.
    const isSecond = this.#writing > 0 && isServer(side);
    const patience = isSecond ? AbortSignal.timeout(secondWriterMs(side)) : undefined;
    const signal = patience === undefined ? this.#signal : anySignal(this.#signal, patience);
    this.#writing += 1;
    let isOpen = true;
    const ended = () => {
      if (isOpen) this.#writing -= 1;
      isOpen = false;
    };
    let writing: Writing;
    try {
      writing = await (at === 0 && isServer(side)
        ? side.write(path, 0, signal)
        : side.writeInto(path, at, signal));
    } catch (error) {
      ended();
      if (patience?.aborted === true && !this.#signal.aborted) throw new OneWriterError(side.name);
      throw error;
    }
    const dispose = async () => {
      ended();
      await writing[Symbol.asyncDispose]();
    };
    return { ...writing, [Symbol.asyncDispose]: dispose };
  }
}
