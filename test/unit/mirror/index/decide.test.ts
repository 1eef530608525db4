import { describe, expect, test } from "vitest";
import type { ListingEntry } from "../../../../src/ftp/listing/entry.ts";
import {
  entryAfter,
  type IndexPolicy,
  judgeSeen,
  leavesTargetOut,
} from "../../../../src/mirror/index/decide.ts";
import {
  areOver,
  directoryFingerprintOf,
  type IndexEntry,
  tellsChanges,
} from "../../../../src/mirror/index/entry.ts";

const DAY_S = 86_400;
const NOW_S = 20_000 * DAY_S;
const POLICY: IndexPolicy = { fullCheckMs: 7 * DAY_S * 1_000 };
const [HERE, THERE] = ["1111111111111111", "2222222222222222"];
const known: IndexEntry = {
  ...{ source: HERE, target: THERE, sinceS: 0 },
  ...{ exactS: NOW_S - DAY_S, targetS: NOW_S - 3_600 },
};
const judged = (entry: IndexEntry | undefined, target: string | undefined, policy: IndexPolicy = POLICY) =>
  judgeSeen("key", entry, { source: HERE, target }, policy, NOW_S * 1_000);

describe("a directory is taken as unchanged", () => {
  test("where both sides look as they did at the last exact comparison", () => {
    expect(judged(known, THERE)).toEqual({ action: "unchanged", isTargetTrusted: false });
  });

  test("but not where nothing is known of it, where it looks otherwise, or where it was young", () => {
    expect(judged(undefined, THERE)).toEqual({ action: "compare", because: "unknown" });
    expect(judged(known, HERE)).toEqual({ action: "compare", because: "changed" });
    expect(judged({ ...known, source: THERE }, THERE)).toEqual({ action: "compare", because: "changed" });
    expect(judged({ ...known, sinceS: known.exactS - 59 }, THERE)).toEqual({
      action: "compare",
      because: "young",
    });
  });

  test("without a look at the target only while that is trusted", () => {
    expect(judged(known, undefined)).toEqual({ action: "look-at-target" });
    const trusting = { ...POLICY, trustTargetMs: 3_601_000 };
    expect(judged(known, undefined, trusting)).toEqual({ action: "unchanged", isTargetTrusted: true });
    expect(leavesTargetOut("key", known, trusting, NOW_S * 1_000)).toBe(true);
    const over = { ...POLICY, trustTargetMs: 3_600_000 };
    expect(judged(known, undefined, over)).toEqual({ action: "look-at-target" });
    expect(leavesTargetOut("key", known, over, NOW_S * 1_000)).toBe(false);
    const due = { ...trusting, fullCheckMs: DAY_S * 1_000 };
    expect(judged(known, undefined, due)).toEqual({ action: "compare", because: "due" });
    expect(leavesTargetOut("key", known, due, NOW_S * 1_000)).toBe(false);
  });

  test("until it is due, which all directories are within the interval, and not all at once", () => {
    const dueAfter = (days: number) =>
      Array.from({ length: 500 }, (_, at) => `directory ${at}`).filter((key) => {
        const entry = { ...known, exactS: NOW_S - days * DAY_S };
        return (
          judgeSeen(key, entry, { source: HERE, target: THERE }, POLICY, NOW_S * 1_000).action === "compare"
        );
      }).length;
    expect(dueAfter(3.5)).toBe(0);
    expect(dueAfter(4)).toBeGreaterThan(20);
    expect(dueAfter(4)).toBeLessThan(150);
    expect(dueAfter(7)).toBe(500);
  });

  test("never with an interval of zero, nor where it was compared at a time that is still to come", () => {
    expect(judged(known, THERE, { fullCheckMs: 0 }).action).toBe("compare");
    expect(judged({ ...known, exactS: NOW_S + 10 }, THERE).action).toBe("compare");
  });
});

describe("since when a directory has looked as it does", () => {
  const lookedMs = NOW_S * 1_000 + 500;
  const look = { ...{ source: HERE, target: THERE, areOver: false }, ...{ lookedMs, nowMs: lookedMs + 200 } };
  const young = { ...known, sinceS: known.exactS - 10 };

  test("does not matter where all times in it were over", () => {
    const after = { source: HERE, target: THERE, sinceS: 0, exactS: NOW_S, targetS: NOW_S };
    expect(entryAfter(undefined, { ...look, areOver: true })).toEqual(after);
    expect(entryAfter(young, { ...look, areOver: true })).toEqual(after);
  });

  test("is since now where nothing was known of it, and stays where it looks as it did", () => {
    expect(entryAfter(undefined, look).sinceS).toBe(NOW_S + 1);
    expect(entryAfter(young, look).sinceS).toBe(young.sinceS);
  });

  test.each(["source", "target"] as const)(
    "is since now where it looks otherwise at the %s, however long it had looked as before",
    (side) => {
      for (const before of [known, young])
        expect(entryAfter({ ...before, [side]: "3333333333333333" }, look).sinceS).toBe(NOW_S + 1);
    },
  );
});

describe("what a directory looks like", () => {
  const modified = { atMs: NOW_S * 1_000, precision: "minute", zone: "unknown" } as const;
  const file: ListingEntry = { name: "a", kind: "file", sizeBytes: 3, modified };

  test("is the same in any order, and another one with any other name, size, time, permissions or owner", () => {
    const other = { ...file, name: "b" };
    const print = directoryFingerprintOf([file, other]);
    expect(directoryFingerprintOf([other, file])).toBe(print);
    const changes: Partial<ListingEntry>[] = [
      ...[{ name: "c" }, { sizeBytes: 4 }, { permissions: 0o644 }, { owner: "x" }],
      ...[{ modified: { ...modified, atMs: 0 } }, { modified: { ...modified, precision: "day" as const } }],
    ];
    for (const change of changes)
      expect(directoryFingerprintOf([{ ...file, ...change }, other])).not.toBe(print);
    expect(directoryFingerprintOf([file])).not.toBe(print);
  });

  test("does not change with what is in the directories in it", () => {
    const directory: ListingEntry = { name: "d", kind: "directory", sizeBytes: 3, modified };
    expect(directoryFingerprintOf([{ ...directory, modified: { ...modified, atMs: 0 } }])).toBe(
      directoryFingerprintOf([directory]),
    );
  });

  test("tells of changes only where each file has a size, and a time that is not still to come", () => {
    const nowMs = NOW_S * 1_000;
    expect(tellsChanges([file], undefined, nowMs)).toBe(true);
    expect(tellsChanges([{ name: "a", kind: "file", sizeBytes: 1 }], undefined, nowMs)).toBe(false);
    expect(tellsChanges([{ name: "a", kind: "file", modified }], undefined, nowMs)).toBe(false);
    const utc = (minutes: number): ListingEntry => ({
      ...file,
      modified: { atMs: nowMs + minutes * 60_000, precision: "minute", zone: "utc" },
    });
    expect(tellsChanges([utc(20)], undefined, nowMs)).toBe(false);
    expect(areOver([utc(-1)], undefined, nowMs)).toBe(false);
    // The clock of the server may be some minutes behind ours.
    expect(areOver([utc(-5)], undefined, nowMs)).toBe(false);
    expect(areOver([utc(-20)], undefined, nowMs)).toBe(true);
  });

  test("is over only when it is in every zone, unless the zone is known", () => {
    const [nowMs, hourMs] = [NOW_S * 1_000, 3_600_000];
    expect(areOver([file], undefined, nowMs + 13 * hourMs)).toBe(false);
    expect(areOver([file], undefined, nowMs + 15 * hourMs)).toBe(true);
    expect(areOver([file], 2 * hourMs, nowMs)).toBe(true);
    expect(areOver([file], -2 * hourMs, nowMs + hourMs)).toBe(false);
  });
});
