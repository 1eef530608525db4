/** What is used of the browser's history. */
interface Entries {
  readonly state: unknown;
  replaceState(state: unknown, unused: string): void;
}

/** Where the tab's pages were scrolled to, so that whoever goes back finds what they left. */
export class Places {
  readonly #history: Entries;
  readonly #tops = new Map<number, number>();
  #last: number;
  #at: number;

  /** @param first a number that no earlier life of the tab has given to a page, such as the time */
  constructor(history: Entries, first: number) {
    this.#history = history;
    [this.#last, this.#at] = [first, this.#named() ?? first];
  }

  /** Notes how far down the page is that is shown. */
  scrolled(top: number): void {
    this.#tops.set(this.#at, top);
  }

  /** Another page is shown. @returns how far down it was when it was left; 0 for one that was not seen before */
  arrived(): number {
    const known = this.#named();
    this.#at = known ?? (this.#last += 1);
    if (known === undefined) this.#history.replaceState({ place: this.#at }, "");
    return this.#tops.get(this.#at) ?? 0;
  }

  #named(): number | undefined {
    const { place } = (this.#history.state ?? {}) as { readonly place?: unknown };
    return typeof place === "number" ? place : undefined;
  }
}
