import { describe, expect, test } from "vitest";
import type { ListingEntry } from "../../../src/ftp/listing/entry.ts";
import { differenceOf } from "../../../src/mirror/decide/difference.ts";

type Found = Parameters<typeof differenceOf>[0];

const modified = { atMs: Date.UTC(2026, 0, 31), precision: "second", zone: "utc" } as const;
const FACTS = { kind: "file", sizeBytes: 5, modified } as const;
const file = { path: "d/a", facts: FACTS };
const stands: ListingEntry = { name: "a", kind: "file", sizeBytes: 7 };
const directory: ListingEntry = { name: "a", kind: "directory" };
const because = "for a reason";

describe("what a scan has found, as a difference", () => {
  test.each<[Found, string, string]>([
    [{ step: "keep", file, because, target: stands }, "=", "d/a"],
    [{ step: "same-link", path: "d/l", because }, "=", "d/l"],
    [{ step: "copy", file, because, target: undefined }, "+", "d/a"],
    [{ step: "copy", file, because, target: stands }, "*", "d/a"],
    [{ step: "make-directory", path: "d", because }, "+", "d/"],
    [{ step: "link", path: "d/l", to: "a", target: undefined }, "+", "d/l"],
    [{ step: "link", path: "d/l", to: "a", target: stands }, "*", "d/l"],
    [{ step: "extra", path: "d/a", entry: stands }, "-", "d/a"],
    [{ step: "extra", path: "d/a", entry: directory }, "-", "d/a/"],
    [{ step: "conflict", path: "d/a", source: file, entry: directory }, "*", "d/a"],
    [{ step: "conflict", path: "d/a", source: "directory", entry: stands }, "*", "d/a"],
    [{ step: "fault", path: "d", because }, "!", "d/"],
  ])("%j", (found, sign, path) => {
    expect(differenceOf(found)).toMatchObject({ event: "difference", sign, path });
  });

  test("tells what is on each side", () => {
    expect(differenceOf({ step: "copy", file, because, target: stands })).toMatchObject({
      because,
      source: { kind: "file", size: 5, modified: "2026-01-31T00:00:00Z" },
      target: { kind: "file", size: 7 },
    });
    expect(differenceOf({ step: "conflict", path: "d", source: "directory", entry: stands })).toMatchObject({
      because: "a directory at the source, a file at the target",
      source: { kind: "directory" },
    });
  });

  test("of what a rule leaves out is none; it is told of where it is at the source", () => {
    const left = { step: "leave", path: "x", because } as const;
    expect(differenceOf({ ...left, isAtSource: true })).toEqual({
      event: "action",
      action: "skip",
      path: "x",
      because,
    });
    expect(differenceOf({ ...left, isAtSource: false })).toBeUndefined();
  });
});
