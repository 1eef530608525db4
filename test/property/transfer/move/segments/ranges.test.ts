import fc from "fast-check";
import { expect, test } from "vitest";
import { SegmentBoard, type Segment } from "../../../../../src/transfer/move/segments/board.ts";
import {
  bytesIn,
  missingIn,
  rangeSetOf,
  type RangeSet,
  split,
  withRange,
} from "../../../../../src/transfer/move/segments/ranges.ts";

const SIZE = 60;
const range = fc
  .tuple(fc.nat(SIZE), fc.nat(SIZE))
  .map(([one, two]) => ({ from: Math.min(one, two), to: Math.max(one, two) }));
const ranges = fc.array(range, { maxLength: 12 });

const setOf = (added: RangeSet): RangeSet => added.reduce<RangeSet>(withRange, []);
const offsetsIn = (set: RangeSet) =>
  new Set(set.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)));

test("a set has the bytes of the ranges that were put into it, whatever their order, and says so in few ranges", () => {
  fc.assert(
    fc.property(ranges, (added) => {
      const set = setOf(added);
      expect(offsetsIn(set)).toEqual(offsetsIn(added));
      expect(bytesIn(set)).toBe(offsetsIn(added).size);
      expect(rangeSetOf(set)).toEqual(set);
    }),
  );
});

test("what is missing is the rest of the file, and nothing of what is there", () => {
  fc.assert(
    fc.property(ranges, fc.nat(SIZE), (added, sizeBytes) => {
      const set = setOf(added);
      const missing = missingIn(set, sizeBytes);
      const expected = Array.from({ length: sizeBytes }, (_, at) => at).filter(
        (at) => !offsetsIn(set).has(at),
      );
      expect([...offsetsIn(missing)]).toEqual(expected);
      expect(missing.every(({ from, to }) => from < to)).toBe(true);
    }),
  );
});

test("ranges that overlap, touch, are empty, out of order or no numbers are no record of what was written", () => {
  const pair = fc.record({
    from: fc.oneof(fc.integer(), fc.double()),
    to: fc.oneof(fc.integer(), fc.double()),
  });
  fc.assert(
    fc.property(fc.oneof(ranges, fc.array(pair, { maxLength: 4 })), (written) => {
      const isSet =
        written.every(
          ({ from, to }) => Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0,
        ) &&
        written.every(({ from, to }, at) => from < to && (at === 0 || from > (written[at - 1]?.to ?? 0)));
      expect(rangeSetOf(written) !== undefined).toBe(isSet);
    }),
  );
  const two = (second: number) => [
    { from: 0, to: 5 },
    { from: second, to: 9 },
  ];
  expect([6, 5, 4].map((second) => rangeSetOf(two(second)) !== undefined)).toEqual([true, false, false]);
});

test("parts cover the ranges that they were cut from, and none is smaller than it may be", () => {
  fc.assert(
    fc.property(
      ranges,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 20 }),
      (added, count, least) => {
        const set = setOf(added);
        const parts = split(set, count, least);
        expect(setOf(parts)).toEqual(set);
        expect(bytesIn(parts)).toBe(bytesIn(set));
        for (const { from, to } of parts)
          expect(to - from >= least || set.some((one) => one.from === from && one.to === to)).toBe(true);
      },
    ),
  );
});

const action = fc.oneof(
  fc.constant({ act: "take" as const }),
  fc.record({ act: fc.constant("exactly" as const), range }),
  fc.record({ act: fc.constant("move" as const), which: fc.nat(5), bytes: fc.nat(20) }),
  fc.record({ act: fc.constant("prove" as const), which: fc.nat(5) }),
  fc.record({ act: fc.constant("give-back" as const), which: fc.nat(5) }),
  fc.record({ act: fc.constant("range" as const), most: fc.integer({ min: 1, max: 40 }) }),
);

test("promise 3: whatever connections begin, lose and take over, each byte is somebody's once, and only proven ones are written", () => {
  fc.assert(
    fc.property(
      ranges,
      fc.integer({ min: 1, max: 4 }),
      fc.array(action, { maxLength: 60 }),
      (had, count, actions) => {
        const board = new SegmentBoard(SIZE, setOf(had), count, 4);
        const open: Segment[] = [];
        const fixed = new Map<Segment, number>();
        const proven = offsetsIn(had);
        for (const one of actions) {
          const segment = "which" in one ? open[one.which % Math.max(1, open.length)] : undefined;
          const before = new Map(open.map((each) => [each, each.end]));
          if (one.act === "take" || one.act === "exactly" || one.act === "range") {
            const taken =
              one.act === "take"
                ? board.take()
                : one.act === "range"
                  ? board.takeRange(count, one.most)
                  : board.takeExactly(one.range);
            if (taken === undefined) continue;
            if (one.act === "range") fixed.set(taken, taken.end);
            expect(taken.at).toBe(taken.provenTo);
            for (let at = taken.at; at < taken.end; at += 1) {
              expect(proven.has(at)).toBe(false);
              expect(open.some((each) => each.provenTo <= at && at < each.end)).toBe(false);
            }
            for (const each of open)
              expect(each.at <= each.end && each.end <= (before.get(each) ?? 0)).toBe(true);
            open.push(taken);
            for (const [range, end] of fixed) expect(range.end).toBe(end);
          } else if (segment === undefined) continue;
          else if (one.act === "move") segment.at = Math.min(segment.end, segment.at + one.bytes);
          else if (one.act === "prove") {
            for (let at = segment.provenTo; at < segment.at; at += 1) proven.add(at);
            board.proven(segment, segment.at);
          } else {
            board.giveBack(segment);
            open.splice(open.indexOf(segment), 1);
          }
          expect(offsetsIn(board.written)).toEqual(proven);
          const moving = open.reduce((sum, each) => sum + each.at - each.provenTo, 0);
          expect(board.arrivedBytes).toBe(proven.size + moving);
        }
        // Whoever goes on alone comes to the end.
        for (const segment of open) board.giveBack(segment);
        for (let segment = board.take(); segment !== undefined; segment = board.take()) {
          segment.at = segment.end;
          board.proven(segment, segment.end);
          board.giveBack(segment);
        }
        expect(board.isComplete).toBe(true);
        expect(board.written).toEqual([{ from: 0, to: SIZE }]);
      },
    ),
  );
});
