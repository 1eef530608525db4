import type { StatusListings } from "../batch/status-listings.ts";
import type { ListingEntry } from "../ftp/listing/entry.ts";
import type { Side } from "../transfer/sides/side.ts";

/** Entries that are held for directories whose turn has not come. */
const MOST_HELD = 100_000;

/** Lists directories before their turn comes, many at once, for one who walks through a tree on one connection. */
export class ListAhead {
  readonly #status: StatusListings;
  /** Those whose turn will come, the next one last. */
  readonly #waiting: string[] = [];
  readonly #held = new Map<string, readonly ListingEntry[]>();
  #entries = 0;

  constructor(status: StatusListings) {
    this.#status = status;
  }

  /** These are entered next, in this order, before all that were expected earlier. */
  expect(directories: readonly string[]): void {
    this.#waiting.push(...directories.toReversed());
  }

  /** @returns undefined where the directory is to be listed by itself */
  async take(
    side: Side,
    directory: string,
    signal: AbortSignal,
  ): Promise<readonly ListingEntry[] | undefined> {
    const held = this.#give(directory);
    if (held !== undefined) return held;
    if (this.#waiting.at(-1) === directory) this.#waiting.pop();
    // What is not to be held is listed alone.
    const room = this.#entries < MOST_HELD;
    const soon = room ? this.#waiting.slice(-8).toReversed() : [];
    const window = await this.#status.window(side, [directory, ...soon], signal);
    if (window === 0) return undefined;
    const others = room && window > 1 ? this.#waiting.splice(1 - window).toReversed() : [];
    // One alone costs no less so than over a data connection, since it would have to be verified there.
    if (others.length === 0) return undefined;
    const listed = await this.#status.list(side, [directory, ...others], true, signal);
    for (const [one, entries] of listed) {
      this.#held.set(one, entries);
      this.#entries += entries.length;
    }
    return this.#give(directory);
  }

  #give(directory: string): readonly ListingEntry[] | undefined {
    const entries = this.#held.get(directory);
    this.#held.delete(directory);
    this.#entries -= entries?.length ?? 0;
    return entries;
  }
}
