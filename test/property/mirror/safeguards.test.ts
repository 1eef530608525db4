import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DeletionCounts,
  type Ceiling,
  looksCut,
  mayDelete,
} from "../../../src/mirror/decide/safeguards.ts";

const count = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 1_000_000 }));
const account: fc.Arbitrary<DeletionCounts> = fc.record({
  sourceFiles: count,
  targetFiles: count,
  deletions: count,
  directories: count,
  faults: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: count }),
});
const thousandths = fc.nat({ max: 100_000 });
const ceiling: fc.Arbitrary<Ceiling> = fc.oneof(
  count.map((files) => ({ files })),
  thousandths.map((share) => ({ percent: share / 1_000 })),
);

/** In whole numbers, since a share such as 0.1 % is none. */
function isWithin(deletions: number, of: number, ceiling: Ceiling): boolean {
  if ("files" in ceiling) return deletions <= ceiling.files;
  return BigInt(deletions) * 100_000n <= BigInt(of) * BigInt(Math.round(ceiling.percent * 1_000));
}

describe("a run may delete", () => {
  test("only if all went well, the source has files, and no more than the ceiling allows", () => {
    fc.assert(
      fc.property(account, ceiling, (account, ceiling) => {
        const { deletions, directories, targetFiles, sourceFiles, faults } = account;
        const isNothing = deletions + directories === 0;
        const isSafe = faults === 0 && sourceFiles > 0 && isWithin(deletions, targetFiles, ceiling);
        expect(mayDelete(account, ceiling).kind === "granted").toBe(isNothing || isSafe);
      }),
      { numRuns: 5_000 },
    );
  });

  test("nothing after a failure, which is no refusal: what was counted is not all there is", () => {
    fc.assert(
      fc.property(account, ceiling, (account, ceiling) => {
        fc.pre(account.faults > 0 && account.deletions > 0);
        expect(mayDelete(account, ceiling).kind).toBe("put-off");
      }),
    );
  });
});

test("a share is one of whole numbers: what is exactly the limit is within it", () => {
  fc.assert(
    fc.property(thousandths, fc.nat({ max: 100_000 }), fc.nat({ max: 1 }), (share, targetFiles, more) => {
      const ceiling = { percent: share / 1_000 };
      const deletions = Math.floor((targetFiles * share) / 100_000) + more;
      fc.pre(deletions > 0);
      const account = { sourceFiles: 1, targetFiles, deletions, directories: 0, faults: 0 };
      const isAllowed = mayDelete(account, ceiling).kind === "granted";
      expect(isAllowed).toBe(isWithin(deletions, targetFiles, ceiling));
    }),
    { numRuns: 5_000 },
  );
});

describe("a listing looks cut", () => {
  test("if all that the target has is missing, and never if nothing is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), ceiling, (there, ceiling) => {
        expect(looksCut(there, there, ceiling)).toBe(true);
        expect(looksCut(0, there, ceiling)).toBe(false);
      }),
    );
  });

  test("the more is missing, the more", () => {
    const missing = fc.nat({ max: 1_000 });
    fc.assert(
      fc.property(missing, missing, missing, ceiling, (one, two, rest, ceiling) => {
        const [less, more] = [Math.min(one, two), Math.max(one, two)];
        const there = more + rest;
        if (looksCut(less, there, ceiling)) expect(looksCut(more, there, ceiling)).toBe(true);
      }),
    );
  });

  test("if three or more are missing, and more than a tenth or than the ceiling would let go", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 1_000 }),
        fc.nat({ max: 1_000 }),
        ceiling,
        (missing, rest, ceiling) => {
          const isOver = missing * 9 > rest || !isWithin(missing, missing + rest, ceiling);
          expect(looksCut(missing, missing + rest, ceiling)).toBe(isOver || rest === 0);
        },
      ),
    );
  });
});
