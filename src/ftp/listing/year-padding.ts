import type { ListingEntry } from "./entry.ts";
import { mayPadYearOnTheRight } from "./format/unix.ts";

/**
 * Whether a blank between a year and a name pads the year or begins the name. One line cannot tell; a whole
 * listing does: where years are padded on the right, every name behind a year has that blank.
 */
export class YearPadding {
  readonly #nowMs: number;
  #isRight: boolean | undefined;
  #held: ListingEntry[] = [];

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** The entries that are certain now. */
  push(entry: ListingEntry, line: string): readonly ListingEntry[] {
    if (entry.modified?.precision !== "day" || this.#isRight === false) return [entry];
    const mayBePadding = entry.name.startsWith(" ") && mayPadYearOnTheRight(line, this.#nowMs);
    if (this.#isRight === true) return [mayBePadding ? unpadded(entry) : entry];
    if (!mayBePadding) return [...this.#decide(false), entry];
    this.#held.push(entry);
    // No directory holds anything but names that begin with a blank, but memory has an end.
    return this.#held.length < MAX_HELD ? [] : this.#decide(true);
  }

  end(): readonly ListingEntry[] {
    return this.#decide(this.#isRight ?? true);
  }

  #decide(isRight: boolean): readonly ListingEntry[] {
    this.#isRight = isRight;
    const held = this.#held;
    this.#held = [];
    return isRight ? held.map(unpadded) : held;
  }
}

const MAX_HELD = 1_000;

function unpadded(entry: ListingEntry): ListingEntry {
  return { ...entry, name: entry.name.slice(1) };
}
