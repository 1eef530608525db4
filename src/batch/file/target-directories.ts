import { requireNoFileInPath } from "../../transfer/sides/file-in-path.ts";
import type { Side } from "../../transfer/sides/side.ts";

/** Directories that are remembered; the files of one come together. */
const MAX_KNOWN = 10_000;

/** Directories at the target that exist, or are being made: each is made once, whoever needs it first. */
export class TargetDirectories {
  readonly #known = new Map<string, Promise<void> | "exists">();

  /** Notes that a directory exists, so that nobody asks for it. */
  exists(directory: string): void {
    this.#remember(directory, "exists");
  }

  /** Whether a directory is known to exist, without asking or waiting. */
  isThere(directory: string): boolean {
    return this.#known.get(directory) === "exists";
  }

  /** Makes a directory unless it is known. @throws to each who needs it what kept it from being made */
  make(side: Side, directory: string, signal: AbortSignal): Promise<void> {
    return this.#once(directory, () => side.makeDirectory(directory, signal));
  }

  /** Only looks whether it could be made. @throws to each who would need it what is in its way */
  look(side: Side, directory: string, signal: AbortSignal): Promise<void> {
    return this.#once(directory, () => requireNoFileInPath(side, directory, signal));
  }

  #once(directory: string, make: () => Promise<void>): Promise<void> {
    const known = this.#known.get(directory);
    if (known !== undefined) return known === "exists" ? Promise.resolve() : known;
    const making = make();
    this.#remember(directory, making);
    making.then(
      () => this.exists(directory),
      () => this.#known.delete(directory),
    );
    return making;
  }

  /** The oldest is forgotten where they become too many: it is asked for again, should it be needed. */
  #remember(directory: string, made: Promise<void> | "exists"): void {
    this.#known.set(directory, made);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
