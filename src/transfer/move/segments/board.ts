import { type ByteRange, bytesIn, missingIn, type RangeSet, split, withRange } from "./ranges.ts";

/** A range that one connection fills, from its beginning on. */
export interface Segment {
  /** Where the bytes begin of which nothing is proven yet. */
  readonly provenTo: number;
  /** Where the next byte goes. */
  at: number;
  /** The first byte that is not this segment's; it comes nearer when another connection takes the second half. */
  readonly end: number;
}

/** `isFixed`: nobody takes its second half. */
type Open = { -readonly [K in keyof Segment]: Segment[K] } & { readonly isFixed?: boolean };

/** A file shorter than two of these is not worth a second connection. Bytes. */
export const SMALLEST = 2 ** 20;

/** Which bytes of one file are proven to be written, which are on their way, and which wait for somebody. */
export class SegmentBoard {
  readonly #sizeBytes: number;
  readonly #smallest: number;
  readonly #open = new Set<Open>();
  #waiting: ByteRange[];
  #written: RangeSet;

  /**
   * @param written what an earlier try has proven to have written
   * @param count connections that there will be, 1 …
   */
  constructor(sizeBytes: number, written: RangeSet, count: number, smallest = SMALLEST) {
    this.#sizeBytes = sizeBytes;
    this.#smallest = smallest;
    this.#written = written;
    this.#waiting = [...split(missingIn(written, sizeBytes), count, smallest)];
  }

  /** What is proven to be written. */
  get written(): RangeSet {
    return this.#written;
  }

  get isComplete(): boolean {
    return bytesIn(this.#written) === this.#sizeBytes;
  }

  /** Bytes that the target has, be they proven or not. */
  get arrivedBytes(): number {
    return [...this.#open].reduce((sum, { provenTo, at }) => sum + at - provenTo, bytesIn(this.#written));
  }

  /** How many segments somebody fills. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Whether somebody who comes now would have something to do. */
  get hasWork(): boolean {
    return this.#waiting.length > 0 || this.#largest() !== undefined;
  }

  /** What waits, or the second half of what another connection has still before it; undefined where that is too little. */
  take(): Segment | undefined {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return this.#begin(waiting);
    const largest = this.#largest();
    if (largest === undefined) return undefined;
    const { at, end } = largest;
    const middle = at + Math.ceil((end - at) / 2);
    largest.end = middle;
    return this.#begin({ from: middle, to: end });
  }

  /** The first that waits, as much of it as leaves as much for the others, and nothing that anybody cuts. */
  takeRange(connections: number, mostBytes: number): Segment | undefined {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return undefined;
    const { from } = waiting;
    const share = Math.ceil((bytesIn(this.#waiting) + waiting.to - from) / connections);
    const length = Math.min(mostBytes, Math.max(this.#smallest, share));
    // No end is left that is hardly worth a command.
    const to = waiting.to - from < length + this.#smallest ? waiting.to : from + length;
    if (to < waiting.to) this.#waiting.unshift({ from: to, to: waiting.to });
    return this.#begin({ from, to }, true);
  }

  /** A range of what is missing, whatever was planned; undefined where not all of it waits. */
  takeExactly({ from, to }: ByteRange): Segment | undefined {
    const found = this.#waiting.find((one) => one.from <= from && one.to >= to);
    if (found === undefined) return undefined;
    const rest = [
      { from: found.from, to: from },
      { from: to, to: found.to },
    ];
    this.#waiting.splice(this.#waiting.indexOf(found), 1, ...rest.filter((one) => one.from < one.to));
    return this.#begin({ from, to });
  }

  /** All bytes of a segment that come before this one are written for good. */
  proven(segment: Segment, to: number): void {
    const open = this.#mine(segment);
    this.#written = withRange(this.#written, { from: open.provenTo, to });
    open.provenTo = Math.max(open.provenTo, to);
  }

  /** Nobody fills it any more; what is not proven of it waits for somebody else. */
  giveBack(segment: Segment): void {
    const { provenTo, end } = this.#mine(segment);
    this.#open.delete(segment);
    if (provenTo < end) this.#waiting.unshift({ from: provenTo, to: end });
  }

  #begin({ from, to }: ByteRange, isFixed = false): Segment {
    const segment = { provenTo: from, at: from, end: to, isFixed };
    this.#open.add(segment);
    return segment;
  }

  /** The open segment with the most left to do, where that is enough for two. */
  #largest(): Open | undefined {
    let largest: Open | undefined;
    for (const one of this.#open)
      if (one.isFixed !== true && one.end - one.at > (largest === undefined ? 0 : largest.end - largest.at))
        largest = one;
    return largest !== undefined && largest.end - largest.at >= 2 * this.#smallest ? largest : undefined;
  }

  #mine(segment: Segment): Open {
    if (!this.#open.has(segment)) throw new RangeError("expected a segment that is being filled");
    return segment;
  }
}
