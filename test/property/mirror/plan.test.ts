import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListingEntry } from "../../../src/ftp/listing/entry.ts";
import { planDirectory, type PlanStep } from "../../../src/mirror/decide/plan.ts";
import type { ListedDirectory, DirectoryListing } from "../../../src/mirror/decide/tree.ts";
import { entries, name } from "../../support/entries.ts";

const listed = (entries: readonly ListingEntry[]): ListedDirectory => ({
  kind: "listed",
  entries,
  isDoubtful: false,
});
const listing: fc.Arbitrary<DirectoryListing> = fc.oneof(
  { weight: 5, arbitrary: entries.map(listed) },
  { weight: 1, arbitrary: fc.constant({ kind: "absent" } as const) },
);
const links = fc.constantFrom("follow", "skip", "copy");
/** What is left alone: some names, and some kinds of things under a name. */
const leftAlone = fc.uniqueArray(fc.tuple(name, fc.boolean()), { maxLength: 4 });
type LeftAlone = readonly (readonly [name: string, isDirectory: boolean])[];

const isLeft = (left: LeftAlone, { name, kind }: ListingEntry) =>
  left.some(([one, isDirectory]) => one === name && isDirectory === (kind === "directory"));
const steps = (
  source: DirectoryListing,
  target: DirectoryListing,
  left: LeftAlone,
  links: "follow" | "skip" | "copy",
) => {
  const leaves = (path: string, facts: { readonly kind: ListingEntry["kind"] }) =>
    isLeft(left, { name: path.slice("d/".length), kind: facts.kind }) ? "a rule" : undefined;
  return [...planDirectory("d", source, target, { leaves, links })];
};
const pathOf = (step: PlanStep) =>
  step.step === "copy" || step.step === "compare" ? step.file.path : step.path;
const entryIn = (listing: DirectoryListing, path: string) =>
  listing.kind === "listed" ? listing.entries.find(({ name }) => `d/${name}` === path) : undefined;
/** What would take something away from the target, or put something else in its place. */
const alters = (step: PlanStep) =>
  step.step !== "leave" && step.step !== "fault" && step.step !== "same-link";

describe("what is to be done in one directory", () => {
  test("concerns each name that is there, and no other", () => {
    fc.assert(
      fc.property(listing, listing, leftAlone, links, (source, target, left, links) => {
        const told = new Set(steps(source, target, left, links).map(pathOf));
        const there = [source, target].flatMap((one) => (one.kind === "listed" ? one.entries : []));
        expect(told).toEqual(new Set(there.map(({ name }) => `d/${name}`)));
      }),
    );
  });

  test("leaves alone what a rule leaves alone, at whichever side it stands", () => {
    fc.assert(
      fc.property(listing, listing, leftAlone, links, (source, target, left, links) => {
        for (const step of steps(source, target, left, links)) {
          if (!alters(step)) continue;
          for (const one of [entryIn(source, pathOf(step)), entryIn(target, pathOf(step))]) {
            // A link and a file are of one kind to a rule: what is no directory.
            if (one !== undefined) expect(isLeft(left, one)).toBe(false);
          }
        }
      }),
    );
  });

  test("takes away only what the source has not, or has as something else", () => {
    fc.assert(
      fc.property(listing, listing, leftAlone, links, (source, target, left, links) => {
        const told = steps(source, target, left, links);
        for (const step of told) {
          const isGoing = step.step === "extra" || (step.step === "enter" && step.at === "target");
          if (!isGoing) continue;
          expect(entryIn(target, step.path)).toBeDefined();
          const here = entryIn(source, step.path);
          const isConflict = told.some((one) => one.step === "conflict" && one.path === step.path);
          expect(isConflict).toBe(here !== undefined);
          if (here === undefined) continue;
          const there = entryIn(target, step.path);
          expect(here.kind === "directory").not.toBe(there?.kind === "directory");
        }
      }),
    );
  });

  test("copies each file of the source that no rule leaves alone, or compares it with a file, or has it wait for its place", () => {
    fc.assert(
      fc.property(listing, listing, links, (source, target, links) => {
        const told = steps(source, target, [], links);
        for (const one of source.kind === "listed" ? source.entries : []) {
          if (one.kind !== "file") continue;
          const there = entryIn(target, `d/${one.name}`);
          const kinds = told.filter((step) => pathOf(step) === `d/${one.name}`).map(({ step }) => step);
          if (there === undefined || there.kind === "link") expect(kinds).toEqual(["copy"]);
          else if (there.kind === "directory") expect(kinds).toEqual(["conflict", "enter", "extra"]);
          else expect(kinds).toEqual(["compare"]);
        }
      }),
    );
  });

  test("is nothing but to compare files and to go on, where both sides have the same", () => {
    fc.assert(
      fc.property(entries, links, (same, links) => {
        for (const step of steps(listed(same), listed(same), [], links)) {
          const isNothing = ["compare", "same-link", "leave"].includes(step.step);
          expect(isNothing || (step.step === "enter" && step.at === "both")).toBe(true);
        }
      }),
    );
  });

  test("a name from which a path would lead elsewhere is never gone to", () => {
    const odd = fc.constantFrom("", ".", "..", "/etc", "a/b", "../x", "a\nb", "a\rb", "a\0b");
    fc.assert(
      fc.property(
        odd,
        fc.boolean(),
        fc.constantFrom("file", "directory", "link"),
        (name, isAtSource, kind) => {
          const [with_, without] = [listed([{ name, kind }]), listed([])];
          const told = isAtSource ? steps(with_, without, [], "copy") : steps(without, with_, [], "copy");
          expect(told.map(({ step }) => step)).toEqual([isAtSource ? "fault" : "leave"]);
        },
      ),
    );
  });
});
