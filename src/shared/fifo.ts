/** How many taken places may be left in front before they are given up; from then on at most half are. */
const SPARE = 1_024;

/** What waits in order; taking the first costs the same however many wait, as `Array.shift` does not. */
export class Fifo<T> {
  readonly #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The one that comes next, if there is one. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** @param index from the first that waits, 0 …; undefined where there are not so many */
  at(index: number): T | undefined {
    return this.#items[this.#head + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** @param index before which of those that wait, 0 … length */
  insert(index: number, item: T): void {
    this.#items.splice(this.#head + index, 0, item);
  }

  take(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head >= SPARE && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes all. */
  drain(): readonly T[] {
    const left = this.#items.splice(this.#head) as T[];
    this.#items.length = 0;
    this.#head = 0;
    return left;
  }
}
