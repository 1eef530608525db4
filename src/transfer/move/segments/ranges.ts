/** Bytes of a file: the first one, and the first one behind them. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Ranges in ascending order; none is empty, and between any two something is missing. */
export type RangeSet = readonly ByteRange[];

/** More ranges than any file is ever in: a record that has more was not written by us. */
const MOST = 10_000;

/** A set, and what is in a further range. An empty range adds nothing. */
export function withRange(set: RangeSet, { from, to }: ByteRange): RangeSet {
  if (from >= to) return set;
  const before = set.filter((one) => one.to < from);
  const after = set.filter((one) => one.from > to);
  const joined = set.slice(before.length, set.length - after.length);
  const first = Math.min(from, joined[0]?.from ?? from);
  const last = Math.max(to, joined.at(-1)?.to ?? to);
  return [...before, { from: first, to: last }, ...after];
}

/** What a file of this length has that is not in a set. */
export function missingIn(set: RangeSet, sizeBytes: number): RangeSet {
  const missing: ByteRange[] = [];
  let at = 0;
  for (const { from, to } of [...set, { from: sizeBytes, to: sizeBytes }]) {
    const end = Math.min(from, sizeBytes);
    if (end > at) missing.push({ from: at, to: end });
    at = Math.max(at, to);
    if (at >= sizeBytes) break;
  }
  return missing;
}

export function bytesIn(set: RangeSet): number {
  return set.reduce((sum, { from, to }) => sum + (to - from), 0);
}

/** Ranges that somebody has written down, as a set; undefined where they are none. */
export function rangeSetOf(ranges: readonly ByteRange[]): RangeSet | undefined {
  if (ranges.length > MOST) return undefined;
  let least = 0;
  for (const { from, to } of ranges) {
    const areOffsets = Number.isSafeInteger(from) && Number.isSafeInteger(to);
    if (!areOffsets || from < least || to <= from) return undefined;
    least = to + 1;
  }
  return ranges;
}

/**
 * Ranges cut so that about so many connections have equal parts; a part is no smaller than `smallest` unless its range
 * is.
 * @param count 1 …
 * @param smallest bytes, 1 …
 */
export function split(ranges: RangeSet, count: number, smallest: number): readonly ByteRange[] {
  const share = Math.max(1, bytesIn(ranges) / count);
  return ranges.flatMap(({ from, to }) => {
    const length = to - from;
    const parts = Math.max(1, Math.min(Math.round(length / share), Math.floor(length / smallest)));
    const border = (part: number) => from + Math.floor((length * part) / parts);
    return Array.from({ length: parts }, (_, part) => ({ from: border(part), to: border(part + 1) }));
  });
}
