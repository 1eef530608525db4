/** What goes out on a connection, and when. */
export class Outgoing {
  readonly #write: (octets: Buffer) => void;
  #gathered: Buffer[] = [];
  /** What waits for the sequence that is under way; undefined: none is. */
  #waiting: (() => void)[] | undefined;
  #over = Promise.resolve();

  constructor(write: (octets: Buffer) => void) {
    this.#write = write;
  }

  /** Gathers what is sent in one turn of the event loop into one write: each costs the system more than we do. */
  push(octets: Buffer): void {
    this.#gathered.push(octets);
    if (this.#gathered.length > 1) return;
    setImmediate(() => {
      const gathered = Buffer.concat(this.#gathered);
      this.#gathered = [];
      this.#write(gathered);
    });
  }

  get hasSequence(): boolean {
    return this.#waiting !== undefined;
  }

  /** Does something now, or as soon as the sequence that is under way is over; in the order of these calls. */
  behind(act: () => void): void {
    if (this.#waiting === undefined) act();
    else this.#waiting.push(act);
  }

  /** Lets all that is to go {@link behind} wait until this is over. */
  async sequence<T>(act: () => Promise<T>): Promise<T> {
    while (this.#waiting !== undefined) await this.#over;
    const waiting: (() => void)[] = [];
    this.#waiting = waiting;
    let end = () => {};
    this.#over = new Promise((resolve) => (end = resolve));
    try {
      return await act();
    } finally {
      this.#waiting = undefined;
      for (const one of waiting) one();
      end();
    }
  }
}
