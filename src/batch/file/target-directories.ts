import type { Side } from "../../transfer/sides/side.ts";

/** Directories that are remembered; the files of one come together. */
const MAX_KNOWN = 10_000;

/** Directories at the target that exist, or are being made: each is made once, whoever needs it first. */
export class TargetDirectories {
  readonly #known = new Map<string, Promise<void>>();
  /** The last one that was seen to exist. */
  #last: string | undefined;

  /** Notes that a directory exists, so that nobody asks for it. */
  exists(directory: string): void {
    this.#last = directory;
    this.#remember(directory, Promise.resolve());
  }

  /** Whether a directory is known to exist, without asking; files of one directory mostly come together. */
  isThere(directory: string): boolean {
    return directory === this.#last;
  }

  /** Makes a directory unless it is known. @throws to each who needs it what kept it from being made */
  make(side: Side, directory: string, signal: AbortSignal): Promise<void> {
    const known = this.#known.get(directory);
    if (known !== undefined) return known;
    const making = side.makeDirectory(directory, signal);
    this.#remember(directory, making);
    making.then(
      () => (this.#last = directory),
      () => this.#known.delete(directory),
    );
    return making;
  }

  /** The oldest is forgotten where they become too many: it is asked for again, should it be needed. */
  #remember(directory: string, made: Promise<void>): void {
    this.#known.set(directory, made);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}
