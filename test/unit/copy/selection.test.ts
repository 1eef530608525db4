import { describe, expect, test } from "vitest";
import { z } from "zod";
import { selectionOptions } from "../../../src/config/schema/options.ts";
import { parseMoment, refusalOfFile, selectionOf } from "../../../src/copy/selection.ts";
import type { ListedTime } from "../../../src/ftp/listing/entry.ts";
import { ConfigError } from "../../../src/shared/errors.ts";

const HOUR = 3_600_000;
const noon = Date.parse("2026-03-01T12:00:00Z");

const at = (
  text: string,
  precision: ListedTime["precision"] = "second",
  zone: ListedTime["zone"] = "utc",
) => ({
  modified: { atMs: Date.parse(text), precision, zone },
});

describe("a file is left out", () => {
  test.each([
    [{ sizeBytes: 9 }, { minSizeBytes: 10 }, "9 bytes, below the minimum of 10"],
    [{ sizeBytes: 10 }, { minSizeBytes: 10, maxSizeBytes: 10 }, undefined],
    [{ sizeBytes: 11 }, { maxSizeBytes: 10 }, "11 bytes, above the maximum of 10"],
    [{ sizeBytes: 0 }, { minSizeBytes: 1 }, "0 bytes, below the minimum of 1"],
    [{}, { minSizeBytes: 10, maxSizeBytes: 20 }, undefined],
    [{ sizeBytes: 5 }, {}, undefined],
  ])("by its size: %j, %j: %j", (facts, selection, because) => {
    expect(refusalOfFile(facts, selection)).toBe(because);
  });

  test("by its time, exact to the second", () => {
    expect(refusalOfFile(at("2026-03-01T11:59:59Z"), { newerThanMs: noon })).toBe(
      "modified 2026-03-01T11:59:59.000Z, not after 2026-03-01T12:00:00.000Z",
    );
    expect(refusalOfFile(at("2026-03-01T12:00:00Z"), { newerThanMs: noon })).toBeUndefined();
    expect(refusalOfFile(at("2026-03-01T12:00:00Z"), { olderThanMs: noon })).toBe(
      "modified 2026-03-01T12:00:00.000Z, not before 2026-03-01T12:00:00.000Z",
    );
    expect(refusalOfFile(at("2026-03-01T11:59:59Z"), { olderThanMs: noon })).toBeUndefined();
  });

  test.each([
    ["2026-03-01T11:59:00Z", "minute", "utc", true],
    ["2026-03-01T11:58:00Z", "minute", "utc", true],
    ["2026-03-01T00:00:00Z", "day", "utc", false],
    ["2026-02-28T00:00:00Z", "day", "utc", true],
    ["2026-02-28T22:00:01Z", "second", "unknown", false],
    ["2026-02-28T21:59:59Z", "second", "unknown", true],
    ["2026-02-27T22:00:00Z", "day", "unknown", true],
    ["2026-02-27T22:00:01Z", "day", "unknown", false],
  ] as const)("by %s, exact to the %s, zone %s, only where it is not newer for certain: %j", (...row) => {
    const [text, precision, zone, isLeftOut] = row;
    const facts = at(text, precision, zone);
    expect(refusalOfFile(facts, { newerThanMs: noon }) !== undefined).toBe(isLeftOut);
  });

  test.each([
    ["2026-03-01T12:00:00Z", "minute", "utc", true],
    ["2026-03-01T11:59:00Z", "minute", "utc", false],
    ["2026-03-01T00:00:00Z", "day", "utc", false],
    ["2026-03-02T00:00:00Z", "day", "utc", true],
    ["2026-03-02T01:59:59Z", "second", "unknown", false],
    ["2026-03-02T02:00:00Z", "second", "unknown", true],
  ] as const)("by %s, exact to the %s, zone %s, only where it is not older for certain: %j", (...row) => {
    const [text, precision, zone, isLeftOut] = row;
    const facts = at(text, precision, zone);
    expect(refusalOfFile(facts, { olderThanMs: noon }) !== undefined).toBe(isLeftOut);
  });

  test("never by a time that was not listed", () => {
    expect(refusalOfFile({ sizeBytes: 1 }, { newerThanMs: noon, olderThanMs: noon + 1 })).toBeUndefined();
  });
});

describe("a moment", () => {
  test.each([
    ["7d", { agoMs: 168 * HOUR }],
    ["36h", { agoMs: 36 * HOUR }],
    ["1h30m", { agoMs: 1.5 * HOUR }],
    ["2026-03-01", { atMs: noon - 12 * HOUR }],
    ["2026-03-01T12:00", { atMs: noon }],
    ["2026-03-01 12:00:00", { atMs: noon }],
    ["2026-03-01T12:00Z", { atMs: noon }],
    ["2026-03-01T13:00:00.500+01:00", { atMs: noon + 500 }],
    ["2024-02-29", { atMs: Date.parse("2024-02-29T00:00:00Z") }],
  ])("%j", (text, moment) => {
    expect(parseMoment(text)).toEqual(moment);
  });

  test.each([
    "",
    "7",
    "7w",
    "-7d",
    "2026",
    "2026-02-29",
    "2026-13-01",
    "2026-03-01T25:00",
    "2026-03-01Z",
    "x",
  ])("%j is none", (text) => {
    expect(() => parseMoment(text)).toThrow(ConfigError);
    expect(() => parseMoment(text)).toThrow("is neither an age nor a date");
  });
});

describe("a selection", () => {
  test("counts ages from now", () => {
    const limits = { newerThan: { agoMs: 7 * HOUR }, olderThan: { atMs: noon }, minSize: 0, maxSize: 10 };
    expect(selectionOf(limits, noon)).toEqual({
      newerThanMs: noon - 7 * HOUR,
      olderThanMs: noon,
      minSizeBytes: 0,
      maxSizeBytes: 10,
    });
    expect(selectionOf({}, noon)).toEqual({});
    expect(selectionOf({ newerThan: { agoMs: 1e17 } }, noon)).toEqual({ newerThanMs: noon - 1e17 });
  });

  test.each([
    [{ minSize: 2, maxSize: 1 }, "the minimum size 2 is greater than the maximum size 1: no file can match"],
    [
      { newerThan: { agoMs: HOUR }, olderThan: { agoMs: HOUR } },
      "no file can be both newer than 2026-03-01T11:00:00.000Z and older than 2026-03-01T11:00:00.000Z",
    ],
    [{ newerThan: { atMs: noon }, olderThan: { agoMs: 1e17 } }, /older than the beginning of time$/],
  ])("%j leaves nothing, and is refused", (limits, sentence) => {
    expect(() => selectionOf(limits, noon)).toThrow(ConfigError);
    expect(() => selectionOf(limits, noon)).toThrow(sentence);
  });
});

describe("the keys of a job", () => {
  const Keys = z.strictObject(selectionOptions);

  test("are moments and sizes", () => {
    expect(Keys.parse({ newerThan: "7d", olderThan: "2026-03-01", minSize: 1024, maxSize: "10M" })).toEqual({
      newerThan: { agoMs: 168 * HOUR },
      olderThan: { atMs: noon - 12 * HOUR },
      minSize: 1_024,
      maxSize: 10_485_760,
    });
    expect(Keys.parse({})).toEqual({});
  });

  test.each([
    [{ newerThan: 7 }, /"7" is neither an age nor a date/],
    [{ olderThan: true }, /expected an age such as 7d or 36h, or a date/],
    [{ minSize: "big" }, /"big" is not a size/],
    [{ maxSize: -1 }, /"-1" is not a size/],
  ])("%j is refused", (value, sentence) => {
    expect(Keys.safeParse(value).error?.issues.map(({ message }) => message)).toEqual([
      expect.stringMatching(sentence),
    ]);
  });
});

test("a least size that is the greatest, too, asks for files of that size", () => {
  expect(selectionOf({ minSize: 10, maxSize: 10 }, noon)).toEqual({ minSizeBytes: 10, maxSizeBytes: 10 });
  expect(() => selectionOf({ minSize: 11, maxSize: 10 }, noon)).toThrow(ConfigError);
});
