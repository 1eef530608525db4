/** A stream that may be a terminal. */
export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** How often the live lines are drawn anew. */
const REFRESH_MS = 100;

/**
 * Lines that stay and, on a terminal, live lines below them that are drawn over. Without a terminal the live
 * lines are left out.
 */
export class LiveScreen {
  readonly #out: Stream;
  readonly #live: () => readonly string[];
  readonly #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  /** Things that are being done while no live lines are drawn. */
  #pauses = 0;

  /** `live` gives the lines to draw; the first ones are left out, and each is cut, where the terminal is too small. */
  constructor(out: Stream, live: () => readonly string[]) {
    this.#out = out;
    this.#live = live;
    if (out.isTTY === true) this.#timer = setInterval(() => this.#draw(), REFRESH_MS).unref();
  }

  /** A line that stays. */
  print(line: string): void {
    this.#out.write(`${this.#clearing()}${line}\n`);
    if (this.#timer !== undefined) this.#draw();
  }

  /** Does something while no live lines are drawn. */
  async whilePaused<T>(act: () => Promise<T>): Promise<T> {
    this.#out.write(this.#clearing());
    this.#pauses += 1;
    try {
      return await act();
    } finally {
      this.#pauses -= 1;
    }
  }

  /** Takes the live lines away for good. */
  end(): void {
    clearInterval(this.#timer);
    this.#out.write(this.#clearing());
  }

  #draw(): void {
    if (this.#pauses > 0) return;
    const { columns: width = 80, rows = 24 } = this.#out;
    const fitting = this.#live().slice(-Math.max(rows - 1, 1));
    const lines = fitting.map((line) =>
      [...line].length < width ? line : `${[...line].slice(0, width - 2).join("")}…`,
    );
    this.#out.write(`${this.#clearing()}${lines.map((line) => `${line}\n`).join("")}`);
    this.#drawn = lines.length;
  }

  #clearing(): string {
    const up = this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A\u001b[J`;
    this.#drawn = 0;
    return up;
  }
}
