import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leadsBack } from "../../../src/mirror/scan/listings/look.ts";

const name = fc.constantFrom("a", "b", "c");
const names = fc.array(name, { minLength: 1, maxLength: 4 }).map((all) => all.join("/"));
const target = fc
  .array(fc.constantFrom("a", "b", "c", "..", "..", ".", ""), { minLength: 1, maxLength: 5 })
  .map((all) => all.join("/"))
  .filter((path) => path !== "");

const isAbove = (path: string, of: string) => path === of || of.startsWith(path === "/" ? "/" : `${path}/`);

describe("a link leads back", () => {
  test("if it leads to the directory that it is in, or to one above that one", () => {
    fc.assert(
      fc.property(names, target, (directory, to) => {
        const here = `/${directory}`;
        expect(leadsBack(here, to)).toBe(isAbove(posix.resolve(here, to).replace(/(.)\/$/, "$1"), here));
      }),
      { numRuns: 5_000 },
    );
  });

  test("also where the directory is told from a login directory that may be anywhere", () => {
    fc.assert(
      fc.property(names, target, (directory, to) => {
        fc.pre(!to.startsWith("/"));
        const here = `/somewhere/that/has/other/names/${directory}`;
        expect(leadsBack(directory, to)).toBe(isAbove(posix.resolve(here, to), here));
      }),
      { numRuns: 5_000 },
    );
  });
});
