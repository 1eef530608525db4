import fc from "fast-check";
import { expect, test } from "vitest";
import type { Place } from "../../../../../src/batch/pool.ts";
import { pack, PackedTask, unpack } from "../../../../../src/orchestrator/worker/slice/tasks.ts";
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
