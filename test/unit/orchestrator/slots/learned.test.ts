import { expect, test } from "vitest";
import { limitBy, RAISE_MS } from "../../../../src/orchestrator/slots/learned.ts";

test.each([
  [2, 8, 0, 2],
  [2, 8, RAISE_MS - 1, 2],
  [2, 8, RAISE_MS, 3],
  [2, 8, 5 * RAISE_MS, 7],
  [2, 8, 6 * RAISE_MS, undefined],
  [8, 8, 0, undefined],
  [2, 1, 0, undefined],
  [2, 8, -RAISE_MS, 2],
])("of %i learned where %i are allowed, after %i ms there are %o", (limit, configured, ageMs, expected) => {
  expect(limitBy({ limit, atMs: 1_000 }, configured, 1_000 + ageMs)).toBe(expected);
});
