import type { FtpSide } from "./ftp-side.ts";

/** How long what we left may take to delete, on a new connection if need be. */
const CLEAR_MS = 10_000;

interface Trace {
  readonly side: FtpSide;
  readonly path: string;
}

/** What we leave on servers while something is tried out: gone in the end, whatever happens. */
export class Traces {
  readonly #left = new Set<Trace>();

  /** Before the first octet: a server may make the file and refuse the rest. */
  add(side: FtpSide, path: string): void {
    this.#left.add({ side, path });
  }

  /** Removes all of it, also after the work was cancelled. @returns what could not be removed */
  async clear(): Promise<readonly string[]> {
    for (const trace of this.#left) {
      const { side, path } = trace;
      const isGone = await side.remove(path, AbortSignal.timeout(CLEAR_MS)).then(
        () => true,
        () => false,
      );
      if (isGone) this.#left.delete(trace);
    }
    return [...this.#left].map(({ side, path }) => `${side.name}: ${path}`);
  }
}
