import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inOrder, march } from "../../../src/mirror/decide/tree.ts";
import { entries } from "../../support/entries.ts";

describe("two listings side by side", () => {
  test("tell each name once, with what is there on each side", () => {
    fc.assert(
      fc.property(entries, entries, (source, target) => {
        const names = new Set([...source, ...target].map(({ name }) => name));
        const expected = [...names].map((name) => ({
          name,
          source: source.find((one) => one.name === name),
          target: target.find((one) => one.name === name),
        }));
        const told = [...march(source, target)];
        expect(told).toHaveLength(expected.length);
        expect(told).toEqual(expect.arrayContaining(expected));
      }),
    );
  });

  test("are reported in one order, whichever of them a name comes from", () => {
    fc.assert(
      fc.property(entries, entries, (source, target) => {
        const told = [...march(source, target)].map(({ name }) => ({ name, kind: "file" as const }));
        expect(told).toEqual(inOrder([...told]));
      }),
    );
  });
});
