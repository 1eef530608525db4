import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Retry } from "../../../src/shared/errors.ts";
import { pauseBefore } from "../../../src/transfer/retry.ts";

const CLASSES: readonly Retry[] = ["never", "later", "new-connection", "other-method"];

describe("whether a file that failed is tried again, and when", () => {
  test.each([
    ["never", 1, 3, 0, undefined],
    ["later", 1, 3, 0, 500],
    ["later", 1, 3, 0.999, 1_000],
    ["later", 2, 3, 0.999, 1_999],
    ["later", 3, 3, 0, 2_000],
    ["later", 4, 3, 0, undefined],
    ["later", 90, 100, 0, 30_000],
    ["later", 1, 0, 0, undefined],
    ["new-connection", 1, 3, 0, 250],
    ["new-connection", 3, 3, 0.999, 1_999],
    ["new-connection", 90, 100, 0.999, 29_985],
    ["other-method", 1, 3, 0.5, 0],
    ["other-method", 3, 3, 0, 2_000],
    ["other-method", 4, 3, 0.5, undefined],
  ] as const)("%s, try %i of %i more, chance %d: %s ms", (retry, tries, retries, chance, pause) => {
    expect(pauseBefore(retry, tries, { retries }, chance)).toBe(pause);
  });

  test("pauses grow, differ by chance, stay within a minute, and end", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CLASSES),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 0, max: 100 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (retry, tries, retries, chance) => {
          const pause = pauseBefore(retry, tries, { retries }, chance);
          expect(pause === undefined).toBe(retry === "never" || tries > retries);
          if (pause === undefined) return;
          expect(pause).toBeGreaterThanOrEqual(0);
          expect(pause).toBeLessThanOrEqual(60_000);
          const next = pauseBefore(retry, tries + 1, { retries: retries + 1 }, chance);
          expect(next).toBeGreaterThanOrEqual(pause);
        },
      ),
    );
  });
});
