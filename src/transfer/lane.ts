/** The right to move octets on a lane; given back when they have moved. */
export interface Turn {
  /**
   * Waits until all is written that has to be said of earlier files; for a long file also until nothing more will
   * be, since it would have to wait for that one's end. From now on octets move.
   */
  begin(isLong: boolean): Promise<void>;
  /** Harmless when it was given back already. */
  end(): void;
}

/** What is said of a file after its last octet, question by question, while other files move. */
export interface Trail {
  /** Waits until no octets move; then none do until {@link said}. */
  gap(): Promise<void>;
  /** What could be said now is written; what follows depends on the answer. */
  said(): void;
  /** Nothing more will be said. */
  end(): void;
}

/**
 * Two connected sides that carry one file after the other. One file's octets move at a time; what is said of a
 * file after its last octet is written in the gaps between the next ones, so that it costs no turn-around of its
 * own: commands in the middle of a transfer are more than some servers can take.
 */
export class Lane {
  #turn: Promise<void> = Promise.resolve();
  #isMoving = false;
  /** Of how many files something more will be said, and how many have something to say before the next transfer. */
  readonly #open = new Set<Trail>();
  readonly #speaking = new Set<Trail>();
  #waiting: (() => void)[] = [];

  /** Waits until no other file's octets move. */
  async take(): Promise<Turn> {
    const before = this.#turn;
    let pass = () => {};
    this.#turn = new Promise((resolve) => (pass = resolve));
    await before;
    let hasEnded = false;
    return {
      begin: (isLong) => this.#begin(isLong),
      end: () => {
        if (hasEnded) return;
        hasEnded = true;
        this.#stop();
        pass();
      },
    };
  }

  /** Does something while no octets move. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    const turn = await this.take();
    try {
      return await act();
    } finally {
      turn.end();
    }
  }

  /** To be called before the turn of a file ends of which more is to be said; the next gap is its own. */
  trail(): Trail {
    const trail: Trail = {
      gap: async () => {
        this.#speaking.add(trail);
        while (this.#isMoving) await this.#change();
      },
      said: () => {
        this.#speaking.delete(trail);
        this.#wake();
      },
      end: () => {
        this.#open.delete(trail);
        trail.said();
      },
    };
    this.#open.add(trail);
    this.#speaking.add(trail);
    return trail;
  }

  async #begin(isLong: boolean): Promise<void> {
    // An attempt before this one has come to nothing.
    this.#stop();
    while (this.#speaking.size > 0 || (isLong && this.#open.size > 0)) await this.#change();
    this.#isMoving = true;
  }

  #stop(): void {
    this.#isMoving = false;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
