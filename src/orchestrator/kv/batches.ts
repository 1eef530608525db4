/** How long what is to be written waits for more to go with. */
const BATCH_MS = 100;

/**
 * What is written to Redis in batches, in its order. What cannot be written is lost without a word: it is for what
 * others find out by themselves, or do without.
 */
export class Batches<T> {
  readonly #write: (batch: readonly T[]) => Promise<unknown>;
  readonly #waitMs: number;
  #waiting: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(write: (batch: readonly T[]) => Promise<unknown>, waitMs = BATCH_MS) {
    this.#write = write;
    this.#waitMs = waitMs;
  }

  add(one: T): void {
    this.#waiting.push(one);
    this.#timer ??= setTimeout(() => void this.settled(), this.#waitMs);
  }

  /** Until all that was added is written, or cannot be. */
  async settled(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) this.#writing = this.#writing.then(() => this.#write(batch)).catch(() => {});
    await this.#writing;
  }
}

/** One of several that write together. */
export interface SharedBatches<T> {
  add(one: T): void;
  /** Until all that was added is written, or cannot be. */
  settled(): Promise<void>;
  /** The same; nothing more is added. */
  close(): Promise<void>;
}

/** Batches by key, which all who have the same key at the same time write together. */
export class BatchesByKey<T> {
  readonly #write: (key: string, batch: readonly T[]) => Promise<unknown>;
  readonly #open = new Map<string, { readonly batches: Batches<T>; users: number }>();

  constructor(write: (key: string, batch: readonly T[]) => Promise<unknown>) {
    this.#write = write;
  }

  of(key: string): SharedBatches<T> {
    const shared = this.#open.get(key) ?? {
      batches: new Batches<T>((batch) => this.#write(key, batch)),
      users: 0,
    };
    this.#open.set(key, shared);
    shared.users += 1;
    return {
      add: (one) => shared.batches.add(one),
      settled: () => shared.batches.settled(),
      close: async () => {
        await shared.batches.settled();
        shared.users -= 1;
        if (shared.users === 0) this.#open.delete(key);
      },
    };
  }
}
