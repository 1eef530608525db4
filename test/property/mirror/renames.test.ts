import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Extra } from "../../../src/mirror/decide/extras.ts";
import type { PlannedCopy } from "../../../src/mirror/decide/plan.ts";
import { findRenames } from "../../../src/mirror/decide/renames.ts";
import { isExact } from "../../../src/mirror/decide/times.ts";
import type { FileFacts } from "../../../src/transfer/sides/side.ts";

const facts: fc.Arbitrary<FileFacts> = fc.record(
  {
    kind: fc.constantFrom("file", "file", "file", "link"),
    sizeBytes: fc.nat({ max: 3 }),
    modified: fc.record({
      atMs: fc.nat({ max: 3 }).map((seconds) => seconds * 1_000 + (seconds % 2)),
      precision: fc.constantFrom("second", "second", "minute"),
      zone: fc.constantFrom("utc", "utc", "unknown"),
    }),
  },
  { requiredKeys: ["kind"] },
);
const files = (under: string): fc.Arbitrary<readonly (PlannedCopy & Extra)[]> =>
  fc
    .array(facts, { maxLength: 8 })
    .map((all) => all.map((facts, index) => ({ path: `${under}${index}`, facts })));

const areAlike = (one: FileFacts, two: FileFacts) =>
  one.sizeBytes === two.sizeBytes &&
  Math.floor((one.modified?.atMs ?? 0) / 1_000) === Math.floor((two.modified?.atMs ?? 0) / 1_000);
const canBeTold = ({ kind, sizeBytes, modified }: FileFacts) =>
  kind === "file" && (sizeBytes ?? 0) > 0 && modified !== undefined && isExact(modified);

describe("files with another name", () => {
  test("are those of which one vanished and one appeared, with nothing else like them", () => {
    fc.assert(
      fc.property(files("new"), files("old"), (appeared, vanished) => {
        const told = (all: readonly PlannedCopy[]) => all.filter(({ facts }) => canBeTold(facts));
        const expected = told(appeared).flatMap((to) => {
          const like = (all: readonly PlannedCopy[]) =>
            told(all).filter(({ facts }) => areAlike(facts, to.facts));
          const [from] = like(vanished);
          return from !== undefined && like(vanished).length === 1 && like(appeared).length === 1
            ? [{ from, to }]
            : [];
        });
        expect(findRenames(appeared, vanished)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test("are found among many that are all alike without comparing each with each", () => {
    const many = Array.from({ length: 100_000 }, (_, index): PlannedCopy => {
      const modified = { atMs: 0, precision: "second", zone: "utc" } as const;
      return { path: `${index}`, facts: { kind: "file", sizeBytes: 1, modified } };
    });
    expect(findRenames(many, many)).toEqual([]);
  });
});
