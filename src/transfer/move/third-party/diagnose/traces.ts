import type { FtpSide } from "../../../sides/ftp-side.ts";

/** How long what we left may take to delete, on a new connection if need be. */
const CLEAR_MS = 10_000;

/** One file of ours on a server. */
interface Trace {
  readonly side: FtpSide;
  readonly path: string;
}

/** What we leave on servers while something is tried out: gone in the end, whatever happens. */
export class Traces {
  readonly #left = new Set<Trace>();

  /** Before the first byte: a server may make the file and refuse the rest. */
  add(side: FtpSide, path: string): Trace {
    const trace = { side, path };
    this.#left.add(trace);
    return trace;
  }

  /** Removes a file, also after the work was cancelled; one that stays is tried again by {@link clear}. */
  async remove(trace: Trace): Promise<void> {
    try {
      await trace.side.remove(trace.path, AbortSignal.timeout(CLEAR_MS));
      this.#left.delete(trace);
    } catch {
      // Whatever is still in the set is reported.
    }
  }

  /** Removes all that is left. @returns what could not be removed */
  async clear(): Promise<readonly string[]> {
    for (const trace of this.#left) await this.remove(trace);
    return [...this.#left].map(({ side, path }) => `${side.name}: ${path}`);
  }
}
