import { describe, expect, test } from "vitest";
import { figuresFor, median, processorSecondsPerGib } from "../../bench/figures.ts";
import type { Run } from "../../bench/measure.ts";
import { formatTable } from "../../bench/table.ts";

const ROW = { files: 10, octetsPerFile: 4_096, lanes: 1, roundTripMs: 50 };

function run(client: string, seconds: number, more: Partial<Run> = {}): Run {
  return {
    client,
    round: 1,
    outcome: "verified",
    because: undefined,
    areTimesKept: true,
    seconds,
    wholeSeconds: seconds,
    isTimed: true,
    processorSeconds: 0.1,
    spreadSeconds: seconds / 2,
    counted: { connections: 2, turns: 30, commands: 50, verbs: {} },
    ...more,
  };
}

describe("figures", () => {
  test("are medians of what was verified, and how many times as fast as the others", () => {
    const runs = [run("fxpd", 1), run("fxpd", 3), run("fxpd", 2), run("lftp", 8), run("lftp", 4)];
    const [fxpd, lftp] = figuresFor(ROW, runs);
    expect(fxpd).toMatchObject({ seconds: 2, filesPerSecond: 5, timesFaster: { lftp: 3 } });
    expect(lftp).toMatchObject({ seconds: 6, timesFaster: { lftp: 1 } });
    expect(fxpd).toMatchObject({ turnsPerFile: 3, commandsPerFile: 5, roundTripsPerFile: 4 });
  });

  test("a run that is not verified counts as none, and is named", () => {
    const hung = run("lftp tuned", 60, { outcome: "hung", because: "Only in list: 3" });
    const [fxpd, tuned] = figuresFor(ROW, [run("fxpd", 1), hung]);
    expect(fxpd?.timesFaster).toEqual({});
    expect(tuned).toMatchObject({
      verified: 0,
      runs: 1,
      seconds: undefined,
      because: "hung: Only in list: 3",
    });
  });

  test("a client that was always ended before it was done took longer than that, and the table says so", () => {
    const ended = run("lftp", 60, { outcome: "hung" });
    const [fxpd, lftp] = figuresFor(ROW, [run("fxpd", 2), ended, { ...ended, round: 2 }]);
    expect(lftp).toMatchObject({ seconds: undefined, moreThanSeconds: 60 });
    expect(fxpd).toMatchObject({
      timesFaster: {},
      moreTimesFaster: { lftp: 30 },
      moreThanSeconds: undefined,
    });
  });

  test("a run that was only counted has no part in the seconds, and gives the turns", () => {
    const direct = run("fxpd", 2, { counted: undefined });
    const only = { isTimed: false, seconds: undefined, wholeSeconds: undefined };
    const [fxpd] = figuresFor({ ...ROW, roundTripMs: 0 }, [direct, run("fxpd", 9, only)]);
    expect(fxpd).toMatchObject({ seconds: 2, turnsPerFile: 3, commandsPerFile: 5 });
  });

  test("several lanes have no turns of a file, and no distance has no round trips", () => {
    const [lanes] = figuresFor({ ...ROW, lanes: 8 }, [run("fxpd", 1)]);
    expect(lanes).toMatchObject({
      turnsPerFile: undefined,
      roundTripsPerFile: undefined,
      commandsPerFile: 5,
    });
    const [near] = figuresFor({ ...ROW, roundTripMs: 0 }, [run("fxpd", 1)]);
    expect(near).toMatchObject({ turnsPerFile: 3, roundTripsPerFile: undefined });
  });

  test("the processor's share of a GiB leaves out what a process costs before", () => {
    const gib = 2 ** 30;
    const small = { octets: gib, processorSeconds: 0.35 };
    expect(processorSecondsPerGib({ octets: 3 * gib, processorSeconds: 0.45 }, small)).toBeCloseTo(0.05);
    expect(processorSecondsPerGib({ octets: 0, processorSeconds: undefined }, small)).toBeUndefined();
  });

  test("the median of nothing is unknown", () => {
    expect(median([])).toBeUndefined();
    expect(median([undefined, 3, 1])).toBe(2);
  });
});

test("a table says what is not known with a dash, and why a client failed below", () => {
  const pair = { source: "vsftpd", target: "proftpd", isProtected: false } as const;
  const row = { ...ROW, ...pair, name: "small", clients: [], way: "third-party" } as const;
  const failed = run("lftp", 1, { outcome: "failed", because: "mirror:\n  refused" });
  const text = formatTable({ row, figures: figuresFor(row, [run("fxpd", 2), failed]) });
  expect(text).toContain(
    "### small\n\n10 files of 4 KiB, vsftpd → proftpd, third party, 50 ms round trip, 1 lane.",
  );
  expect(text).toMatch(/\| fxpd +\| +1\/1 \| +2\.000 \| 5\.0 files\/s \| +– \|/);
  expect(text).toMatch(/\| lftp +\| +0\/1 \| +– \| +– \|/);
  expect(text).toMatch(/\n- lftp: failed: mirror: refused$/);
});
