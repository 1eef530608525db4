import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/shared/errors.ts";
import {
  counted,
  formatBytes,
  formatDuration,
  formatRate,
  parseBytes,
  parseDuration,
} from "../../../src/shared/units.ts";

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1h30m", 5_400_000],
    ["90", 90_000],
    ["0.2", 200],
    ["0", 0],
  ])("%s is %i ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "s", "-1s", "1.5h", "1 h", "1w", "1e3", "1h30", "Infinity"])("%j is none", (text) => {
    const sentence = `"${text}" is not a duration; expected a number and a unit, such as 500ms, 30s, 5m, 1h30m`;
    expect(() => parseDuration(text)).toThrow(new ConfigError(sentence));
  });

  test.each([
    [0, "0.0 s"],
    [340, "0.3 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [59_499, "59 s"],
    [59_500, "1 min 0 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
    [273_600_000, "3 d 4 h"],
  ])("%i ms is shown as %s", (ms, shown) => {
    expect(formatDuration(ms)).toBe(shown);
  });
});

describe("sizes", () => {
  test.each([
    ["0", 0],
    ["17", 17],
    ["17B", 17],
    ["10k", 10_240],
    ["10K", 10_240],
    ["10KiB", 10_240],
    ["10kB", 10_000],
    ["1.5GiB", 1_610_612_736],
    ["1.5 GB", 1_500_000_000],
    ["2T", 2_199_023_255_552],
    ["5000000000", 5_000_000_000],
  ])("%s is %i octets", (text, octets) => {
    expect(parseBytes(text)).toBe(octets);
  });

  test.each(["", "k", "-1k", "1kk", "1iB", "1e3", "1,5G", "1P"])("%j is none", (text) => {
    const sentence = `"${text}" is not a size; expected a number and a unit, such as 10k, 500MB, 1.5GiB`;
    expect(() => parseBytes(text)).toThrow(new ConfigError(sentence));
  });

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.0 KiB"],
    [1_288_490_188, "1.2 GiB"],
    [1_048_575, "1.0 MiB"],
    [2 ** 50 * 5_000, "5000.0 PiB"],
  ])("%i octets are shown as %s", (octets, shown) => {
    expect(formatBytes(octets)).toBe(shown);
  });

  test("a rate is in bytes per second; over zero time it is undefined", () => {
    expect(formatRate(12_897_485, 1_000)).toBe("12.3 MiB/s");
    expect(formatRate(100, 2_000)).toBe("50 B/s");
    expect(formatRate(100, 0)).toBe("");
  });
});

test("what is counted is in the singular for one alone", () => {
  expect([0, 1, 2].map((count) => counted(count, "file"))).toEqual(["0 files", "1 file", "2 files"]);
  expect([1, 2].map((count) => counted(count, "entry", "entries"))).toEqual(["1 entry", "2 entries"]);
});
