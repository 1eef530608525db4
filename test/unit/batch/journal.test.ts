import { expect, test } from "vitest";
import { isSame, noJournal, fileFingerprintOf } from "../../../src/batch/journal.ts";
import type { ListedTime } from "../../../src/ftp/listing/entry.ts";

const AT = Date.UTC(2026, 10, 21, 7, 0, 10);
const exact: ListedTime = { atMs: AT, precision: "second", zone: "utc" };
const stamp = (modified?: ListedTime, sizeBytes: number | undefined = 2) =>
  fileFingerprintOf({
    kind: "file",
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(modified === undefined ? {} : { modified }),
  });

test("a file with size and exact time as they were is the same", () => {
  expect(stamp(exact)).toEqual({ sizeBytes: 2, modifiedMs: AT });
  expect(isSame(stamp(exact), stamp(exact))).toBe(true);
  expect(isSame(stamp(exact), stamp(exact, 3))).toBe(false);
  expect(isSame(stamp(exact), stamp({ ...exact, atMs: AT + 1_000 }))).toBe(false);
});

test.each<[string, ListedTime | undefined]>([
  ["to the minute", { ...exact, precision: "minute" }],
  ["to the day", { ...exact, precision: "day" }],
  ["in an unknown zone", { ...exact, zone: "unknown" }],
  ["not at all", undefined],
])("a file whose time is known %s cannot be known again", (_, modified) => {
  expect(stamp(modified)).toEqual({ sizeBytes: 2 });
  expect(isSame(stamp(modified), stamp(modified))).toBe(false);
  expect(isSame(stamp(exact), stamp(modified))).toBe(false);
});

test("a fraction of a second, which the other side may not keep, is no difference", () => {
  expect(isSame(stamp({ ...exact, atMs: AT + 500 }), stamp(exact))).toBe(true);
  expect(isSame(stamp({ ...exact, atMs: -500 }), stamp({ ...exact, atMs: 0 }))).toBe(false);
});

test("a size that is not known cannot be compared", () => {
  const unsized = fileFingerprintOf({ kind: "file", modified: exact });
  expect(isSame(unsized, unsized)).toBe(false);
});

test("a journal that nobody reads has no fault", () => {
  expect(noJournal.fault).toBeUndefined();
});
