import { describe, expect, test } from "vitest";
import type { ListedTime } from "../../../../src/ftp/listing/entry.ts";
import { type ComparisonContext, judgeFile } from "../../../../src/mirror/decide/judge.ts";
import { zoneBetween } from "../../../../src/mirror/decide/times.ts";

const at = (atMs: number): ListedTime => ({ atMs, precision: "second", zone: "utc" });
const file = (sizeBytes: number | undefined, modified: ListedTime | undefined) => ({
  kind: "file" as const,
  ...(sizeBytes === undefined ? {} : { sizeBytes }),
  ...(modified === undefined ? {} : { modified }),
});
const about: ComparisonContext = {
  compare: "size+time",
  sourceZone: 0,
  targetZone: 0,
  keepsTimes: true,
  written: undefined,
  isLooked: false,
};

describe("two files of one name", () => {
  test.each([
    ["size", file(3, at(0)), file(3, at(9_000)), "keep"],
    ["size", file(3, at(0)), file(4, at(0)), "copy"],
    ["time", file(3, at(0)), file(4, at(0)), "keep"],
    ["time", file(3, at(1_000)), file(3, at(0)), "copy"],
    ["size+time", file(3, at(0)), file(3, at(0)), "keep"],
    ["size+time", file(3, at(1_000)), file(3, at(0)), "copy"],
    ["size+time", file(3, at(0)), file(3, at(1_000)), "copy"],
    ["digest", file(3, at(0)), file(3, at(0)), "digest"],
    ["digest", file(3, at(0)), file(4, at(0)), "copy"],
  ] as const)("compared by %s: %j, %j: %s", (compare, source, target, action) => {
    expect(judgeFile(source, target, { ...about, compare }).action).toBe(action);
  });

  test.each([
    ["size", file(undefined, at(0)), file(3, at(0))],
    ["digest", file(3, at(0)), file(undefined, at(0))],
    ["size+time", file(3, undefined), file(3, at(0))],
    ["time", file(3, at(0)), file(3, undefined)],
  ] as const)(
    "by %s: what is not listed is asked for, and then not taken for equal",
    (compare, source, target) => {
      expect(judgeFile(source, target, { ...about, compare })).toEqual({ action: "look" });
      expect(judgeFile(source, target, { ...about, compare, isLooked: true })).toMatchObject({
        action: "copy",
      });
    },
  );
});

describe("a target that tells no exact times, and keeps none", () => {
  const listed = (atMs: number): ListedTime => ({ atMs, precision: "minute", zone: "unknown" });
  const source = file(3, at(100_000));
  /** Stored at this minute, in whatever zone. */
  const target = file(3, listed(86_400_000 * 9 + 60_000 * 7));
  const said = (was: ComparisonContext["written"], is = source, there = target) =>
    judgeFile(is, there, { ...about, keepsTimes: false, isLooked: true, written: was });
  const written = (modifiedMs: number | undefined) => ({
    source: { sizeBytes: 3, modifiedMs },
    stored: { sizeBytes: 3, modifiedMs: undefined },
  });

  test("keeps a file whose source is as it was when it was copied", () => {
    expect(said(written(100_000))).toEqual({
      action: "keep",
      because: "unchanged at the source since it was copied, and equal in size",
    });
  });

  test("gets a file whose source has another time since, also an older one, or another size", () => {
    expect(said(written(100_000), file(3, at(99_000))).action).toBe("copy");
    expect(said(written(100_000), file(3, at(86_400_000 * 20))).action).toBe("copy");
    expect(said(written(100_000), file(4, at(100_000))).action).toBe("copy");
    expect(said(written(100_000), source, file(4, listed(0))).action).toBe("copy");
  });

  test("keeps a file of which nothing is known but that it is not newer at the source", () => {
    expect(said(undefined).action).toBe("keep");
    expect(said(written(undefined)).action).toBe("keep");
    expect(said(written(undefined), file(3, at(86_400_000 * 20))).action).toBe("copy");
  });
});

test.each([
  [3_600_000, 3_600_000],
  [-34_200_000, -34_200_000],
  [14 * 3_600_000, 14 * 3_600_000],
  [15 * 3_600_000, undefined],
  [3_600_000 + 60_000, undefined],
])("a listing that is %i ms ahead of the exact time tells a zone of %j", (ahead, zone) => {
  const exact = at(1_700_000_040_000);
  const listed: ListedTime = { atMs: exact.atMs + ahead, precision: "minute", zone: "unknown" };
  expect(zoneBetween(listed, { ...exact, atMs: exact.atMs })).toBe(zone);
});
