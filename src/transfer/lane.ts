/** The right to move octets on a lane; given back when they have moved. */
export interface Turn {
  /** Harmless when it was given back already. */
  end(): void;
}

/**
 * Two connected sides that carry one file after the other. One file's octets move at a time; what is said of a
 * file after its last octet goes on beside the next one, so that it costs no turn-around of its own. Commands
 * in the middle of a transfer are more than some servers can take: the next one does not begin before all that
 * has to be said of the files before it is written.
 */
export class Lane {
  #turn: Promise<void> = Promise.resolve();
  #written: Promise<void> = Promise.resolve();

  /** Waits until no other file's octets move. */
  async take(): Promise<Turn> {
    const before = this.#turn;
    let end = () => {};
    this.#turn = new Promise((resolve) => (end = resolve));
    await before;
    return { end };
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

  /** Announces that there is more to be said of a file whose octets have moved. @returns called when it is written */
  trail(): () => void {
    let done = () => {};
    const said = new Promise<void>((resolve) => (done = resolve));
    const before = this.#written;
    this.#written = before.then(() => said);
    return done;
  }

  /** Until all that was announced is written. */
  written(): Promise<void> {
    return this.#written;
  }
}
