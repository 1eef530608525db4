import fc from "fast-check";
import { expect, test } from "vitest";
import type { Place } from "../../../../../src/batch/pool.ts";
import { pack, PackedTask, Slicer, unpack } from "../../../../../src/orchestrator/worker/slice/tasks.ts";
import type { FileTask } from "../../../../../src/batch/task.ts";

const SOURCES = ["alpha", "beta"].map(
  (name): Place => ({
    key: name,
    name,
    at: (path) => `${name}:${path}`,
    connect: () => {
      throw new Error("nobody connects");
    },
    limit: 1,
  }),
);
/** Undefined as absent. */
const given = <T>(value: T | undefined, as: (value: T) => object) => (value === undefined ? {} : as(value));
const octets = fc.nat({ max: 2 ** 40 });

const tasks = fc
  .record({
    source: fc.constantFrom(...SOURCES),
    path: fc.string({ minLength: 1, unit: "binary" }),
    target: fc.string({ minLength: 1, unit: "binary" }),
    sizeBytes: fc.option(octets, { nil: undefined }),
    modified: fc.option(
      fc.record({
        atMs: fc.nat(),
        precision: fc.constantFrom("second" as const, "minute" as const, "day" as const),
        zone: fc.constantFrom("utc" as const, "unknown" as const),
      }),
      { nil: undefined },
    ),
    because: fc.option(fc.string(), { nil: undefined }),
    aside: fc.option(fc.string(), { nil: undefined }),
  })
  .map(({ source, path, target, sizeBytes, modified, because, aside }): FileTask => {
    const facts = {
      kind: "file" as const,
      ...given(sizeBytes, (known) => ({ sizeBytes: known })),
      ...given(modified, (known) => ({ modified: known })),
    };
    return {
      source: { place: source, path, facts },
      target,
      ...given(because, (known) => ({ because: known })),
      ...given(aside, (known) => ({ aside: known })),
    };
  });

test("a task comes out of a queue as it went in", () => {
  fc.assert(
    fc.property(tasks, (task) => {
      const packed = PackedTask.parse(JSON.parse(JSON.stringify(pack(task, SOURCES))));
      expect(unpack(packed, SOURCES)).toEqual(task);
    }),
  );
});

test("slices have all tasks in their order, none is empty, and a large file does not wait for others", () => {
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 700 }), (sizes) => {
      const slicer = new Slicer();
      const packed = sizes.map((s, index): PackedTask => ({ f: 0, p: `${index}`, t: `${index}`, s }));
      const slices = packed.flatMap((task) => {
        const full = slicer.add(task);
        return full === undefined ? [] : [full];
      });
      const rest = slicer.rest();
      expect([...slices.flat(), ...rest]).toEqual(packed);
      for (const slice of slices) {
        expect(slice.length).toBeGreaterThan(0);
        expect(slice.length).toBeLessThanOrEqual(100);
        const before = slice.slice(0, -1).reduce((sum, { s = 0 }) => sum + s, 0);
        expect(before).toBeLessThanOrEqual(2 ** 30);
      }
    }),
  );
});

test("a run of few files is several slices, so that it has several lanes", () => {
  const slicer = new Slicer();
  const lengths: number[] = [];
  for (let index = 0; index < 2_000; index += 1) {
    const full = slicer.add({ f: 0, p: `${index}`, t: `${index}`, s: 1 });
    if (full !== undefined) lengths.push(full.length);
  }
  expect(lengths.slice(0, 4)).toEqual([5, 10, 15, 20]);
  expect(Math.max(...lengths)).toBe(100);
});
