import fc from "fast-check";
import { expect, test } from "vitest";
import {
  SLICE_BYTES,
  SLICE_FILES,
  sliceLength,
  workOf,
} from "../../../../../src/orchestrator/worker/slice/cut.ts";

interface Task {
  readonly s: number;
}

const MIB = 2 ** 20;
const lanes = fc.integer({ min: 1, max: 32 });
const tasksOf = (maxLength: number) =>
  fc.array(
    fc
      .oneof(fc.nat({ max: 10_000 }), fc.nat({ max: 64 * MIB }), fc.nat({ max: 2 ** 40 }))
      .map((s) => ({ s })),
    { minLength: 1, maxLength },
  );

/** All slices of these tasks, where each lane ends in the order of its work and the next one is cut in time. */
function cutAll(tasks: readonly Task[], of: number): { readonly slices: readonly Task[][]; ends: number[] } {
  const left = [...tasks];
  const slices: Task[][] = [];
  const waiting: Task[][] = [];
  const ends = Array.from({ length: of }, () => 0);
  const busy = ends.map(() => false);
  while (left.length > 0 || waiting.length > 0) {
    const out = () => busy.filter(Boolean).length + waiting.length;
    while (left.length > 0 && out() < 2 * of) {
      const work = left.reduce((sum, task) => sum + workOf(task), 0);
      const slice = left.splice(0, sliceLength(left, work, { lanes: of, out: out() }));
      slices.push(slice);
      waiting.push(slice);
      const idle = busy.indexOf(false);
      if (idle !== -1) take(idle);
    }
    const next = ends.indexOf(Math.min(...ends.filter((_, lane) => busy[lane])));
    if (next === -1) break;
    busy[next] = false;
    take(next);
  }
  return { slices, ends };

  function take(lane: number): void {
    const slice = waiting.shift();
    if (slice === undefined) return;
    busy[lane] = true;
    ends[lane] = Math.max(ends[lane] ?? 0, 0) + slice.reduce((sum, task) => sum + workOf(task), 0);
  }
}

test("slices have all tasks in their order, none is empty, and none is larger than a lane should have", () => {
  fc.assert(
    fc.property(tasksOf(600), lanes, (tasks, of) => {
      const { slices } = cutAll(tasks, of);
      expect(slices.flat()).toEqual(tasks);
      for (const slice of slices) {
        expect(slice.length).toBeGreaterThan(0);
        expect(slice.length).toBeLessThanOrEqual(SLICE_FILES);
        const bytes = slice.reduce((sum, { s }) => sum + s, 0);
        expect(slice.length === 1 || bytes <= SLICE_BYTES).toBe(true);
      }
    }),
  );
});

test("as many files of one size as there are lanes give each lane one, whatever the size", () => {
  fc.assert(
    fc.property(lanes, fc.nat({ max: 2 ** 40 }), (of, s) => {
      const { slices } = cutAll(
        Array.from({ length: of }, () => ({ s })),
        of,
      );
      expect(slices.map(({ length }) => length)).toEqual(Array.from({ length: of }, () => 1));
    }),
  );
});

test("every lane has a slice from the first cut on, where there are as many files of one size", () => {
  fc.assert(
    fc.property(lanes, fc.integer({ min: 0, max: 2_000 }), fc.nat({ max: 2 ** 40 }), (of, more, s) => {
      const left = Array.from({ length: of + more }, () => ({ s }));
      for (let out = 0; out < of; out += 1) {
        const work = left.reduce((sum, task) => sum + workOf(task), 0);
        expect(left.length).toBeGreaterThan(0);
        left.splice(0, sliceLength(left, work, { lanes: of, out }));
      }
    }),
  );
});

test("lanes end together: none works on after another has ended for longer than the least slice and one file take", () => {
  fc.assert(
    fc.property(tasksOf(2_000), lanes, (tasks, of) => {
      const longestFirst = tasks.toSorted((one, two) => two.s - one.s);
      const { ends } = cutAll(longestFirst, of);
      const work = tasks.reduce((sum, task) => sum + workOf(task), 0);
      const longest = Math.max(...tasks.map(workOf));
      // The last slice is begun while others still work: at most an even share before, and two thirds of one itself.
      const least = 16 * workOf({ s: 0 });
      expect(Math.max(...ends)).toBeLessThanOrEqual(
        work / of + Math.max((2 * work) / (3 * of), 2 * least) + longest + 1,
      );
    }),
  );
});

test("a large run of small files goes out in full slices at first, and in small ones at its end", () => {
  const { slices } = cutAll(
    Array.from({ length: 10_000 }, () => ({ s: 4_096 })),
    4,
  );
  const lengths = slices.map(({ length }) => length);
  expect(lengths.slice(0, 14).every((length) => length === SLICE_FILES)).toBe(true);
  expect(Math.max(...lengths.slice(-4))).toBeLessThanOrEqual(16);
  expect(lengths.length).toBeLessThanOrEqual(40);
});
