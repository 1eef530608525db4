import { ListingError } from "../../../ftp/listing/errors.ts";
import { isCancellation, messageOf } from "../../../shared/errors.ts";
import { retryOfError } from "../../../transfer/errors.ts";
import { pauseBefore } from "../../../transfer/retry.ts";
import type { ListedDirectory } from "../../decide/tree.ts";

/** What a side has, directory by directory, for whoever compares something with it. */
export interface ListingCache {
  /**
   * A directory's listing; another one is known by another key.
   * @param ask is called where nobody knows it yet
   * @throws what `ask` did, or ListingError where somebody has found before that it cannot be known
   */
  listing(key: string, ask: () => Promise<ListedDirectory>): Promise<ListedDirectory>;
  /** What was listed is not to be believed: from now on nobody gets it. */
  refute(key: string, because: string): void;
  /** Whether something was listed that is not to be believed. */
  readonly hasLies: boolean;
  /** When the first of what it knows may have been asked for: milliseconds since 1970. */
  readonly sinceMs: number;
}

/** For one who compares alone. */
export const ownListingCache: ListingCache = {
  listing: (_, ask) => ask(),
  refute: () => {},
  hasLies: false,
  sinceMs: Number.POSITIVE_INFINITY,
};

/** What is known of one directory. */
export type Surveyed = ListedDirectory | { readonly kind: "unknown"; readonly because: string };

/** Where listings are kept for those who have not come to them yet; not in memory. */
export interface Spool {
  read(key: string): Surveyed | undefined;
  write(key: string, surveyed: Surveyed): void;
}

/**
 * One survey for several who compare at the same time: each directory is listed once, by whoever comes first, and
 * tried as often as for one alone. What is unknown for one is unknown for all. In memory is only what is being asked.
 */
export class SharedListingCache implements ListingCache {
  readonly #spool: Spool;
  readonly #retries: number;
  readonly #asking = new Map<string, Promise<ListedDirectory>>();
  /** Failures so far of what may still be reported. */
  readonly #tries = new Map<string, number>();
  hasLies = false;
  readonly sinceMs: number;

  /**
   * @param retries tries after the first, for each directory, 0 …
   * @param sinceMs what time it is
   */
  constructor(spool: Spool, retries: number, sinceMs: number) {
    this.#spool = spool;
    this.sinceMs = sinceMs;
    this.#retries = retries;
  }

  /** Directories that are being asked for, or will be again. */
  get inHand(): number {
    return this.#asking.size + this.#tries.size;
  }

  async listing(key: string, ask: () => Promise<ListedDirectory>): Promise<ListedDirectory> {
    for (;;) {
      const surveyed = this.#spool.read(key);
      if (surveyed?.kind === "listed") return surveyed;
      if (surveyed !== undefined) throw new ListingError(surveyed.because);
      const asking = this.#asking.get(key);
      if (asking === undefined) break;
      // Whoever asked may have given up for reasons of its own.
      await asking.catch(() => {});
    }
    const asking = this.#ask(key, ask).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  refute(key: string, because: string): void {
    this.hasLies = true;
    this.#spool.write(key, { kind: "unknown", because });
  }

  async #ask(key: string, ask: () => Promise<ListedDirectory>): Promise<ListedDirectory> {
    try {
      const listed = await ask();
      this.#tries.delete(key);
      this.#spool.write(key, listed);
      return listed;
    } catch (error) {
      if (!isCancellation(error)) this.#fail(key, error);
      throw error;
    }
  }

  #fail(key: string, error: unknown): void {
    const tries = (this.#tries.get(key) ?? 0) + 1;
    const isOver = pauseBefore(retryOfError(error), tries, { retries: this.#retries }, 0) === undefined;
    if (isOver) {
      this.#tries.delete(key);
      this.#spool.write(key, { kind: "unknown", because: messageOf(error) });
    } else this.#tries.set(key, tries);
  }
}
