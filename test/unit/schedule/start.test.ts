import { describe, expect, test } from "vitest";
import { firingsOf } from "../../../src/schedule/missed.ts";
import { deadlineOf, jitterOf, opensAt } from "../../../src/schedule/start.ts";
import { openFor, parseWindow } from "../../../src/schedule/window.ts";
import { at, shown, timetable } from "../../support/timetable.ts";

describe("windows", () => {
  test.each([
    "22:00",
    "22-05",
    "22:00-25:00",
    "24:00-01:00",
    "08:60-09:00",
    "1:00-2:00-3:00",
    "05:00-05:00",
    "a-b",
  ])("%j is none", (text) => {
    expect(() => parseWindow(text)).toThrow("expected a time range such as 22:00-05:00");
  });

  test.each([
    ["22:00-05:00", 23 * 3_600, 6 * 3_600],
    ["22:00-05:00", 5 * 3_600 - 1, 1],
    ["22:00-05:00", 5 * 3_600, 0],
    ["00:00-24:00", 86_399, 1],
    ["00:00-24:00", 0, 86_400],
    ["8:30 - 9:00", 9 * 3_600 - 1, 1],
  ])("%s at %d s is open for %d s", (window, time, expected) => {
    expect(openFor([parseWindow(window)], time)).toBe(expected);
  });

  test.each([
    ["2026-03-01T12:00:00Z", "03-01T21:00"], // 22:00 in Berlin
    ["2026-03-01T23:10:05Z", "03-01T23:10"],
    ["2026-03-02T04:00:00Z", "03-02T21:00"],
    ["2026-12-24T12:00:00Z", "12-24T21:00"],
    ["2026-12-24T23:00:00Z", "12-25T23:00"], // Christmas Day begins: until the next midnight
  ])("what would start at %s starts at %s", (instant, expected) => {
    const nightly = timetable("0 * * * *", "Europe/Berlin", { only: ["22:00-05:00"], except: ["12-25"] });
    expect(shown(opensAt(nightly, at(instant)))).toBe(expected);
  });

  test("a window that begins in an hour that does not exist opens at the next one", () => {
    const short = timetable("0 * * * *", "Europe/Berlin", { only: ["02:15-04:00"] });
    expect(shown(opensAt(short, at("2026-03-29T00:00:00Z")))).toBe("03-29T01:00");
  });
});

describe("jitter", () => {
  const always = timetable("0 * * * *", "UTC");
  const due = (index: number) => at("2026-01-01T00:00:00Z") + index * 3_600_000;

  test("is the same whoever asks, and another for every job and due time", () => {
    const delays = [0, 1, 2].map((index) => jitterOf("a", always, 300_000, due(index)));
    expect(delays).toEqual([0, 1, 2].map((index) => jitterOf("a", always, 300_000, due(index))));
    expect(new Set([...delays, jitterOf("b", always, 300_000, due(0))]).size).toBe(4);
  });

  test("is spread over its length, and ends with the window", () => {
    const delays = Array.from({ length: 1_000 }, (_, index) => jitterOf("a", always, 1_000, due(index)));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(1_000);
    expect(new Set(delays.map((delay) => Math.floor(delay / 100))).size).toBe(10);
    const narrow = timetable("0 * * * *", "UTC", { only: ["00:00-00:01"] });
    expect(jitterOf("a", narrow, 86_400_000, due(0))).toBeLessThan(60_000);
  });
});

test.each([
  [{ afterMs: 7_200_000 }, "2026-03-28T20:00:00Z", "03-28T22:00"],
  [{ at: 6 * 3_600 }, "2026-03-28T20:00:00Z", "03-29T04:00"], // 06:00 in Berlin, the clocks put forward
  [{ at: 6 * 3_600 }, "2026-03-28T04:59:00Z", "03-28T05:00"],
  [{ at: 6 * 3_600 }, "2026-03-28T05:00:00Z", "03-29T04:00"],
])("the deadline %j of what is due at %s is %s", (deadline, due, expected) => {
  expect(shown(deadlineOf(timetable("0 * * * *", "Europe/Berlin"), deadline, at(due)))).toBe(expected);
});

describe("due times at which no scheduler ran", () => {
  const hourly = timetable("0 * * * *", "UTC");
  const firings = (
    missed: "skip" | "once" | "all",
    seenTo: string,
    now: string,
    {
      only = [],
      cron = "0 * * * *",
      watched = seenTo,
    }: { only?: string[]; cron?: string; watched?: string } = {},
  ) =>
    firingsOf(
      "job",
      { ...timetable(cron, "UTC", { only }), missed, jitterMs: 0 },
      {
        handledToMs: at(`2026-01-01T${seenTo}Z`),
        nowMs: at(`2026-01-01T${now}Z`),
        watchedMs: at(`2026-01-01T${watched}Z`),
      },
    ).map(({ dueMs, startMs, because }) => `${shown(dueMs)} at ${shown(startMs)}: ${because}`);

  test.each([
    ["skip", "09:59:59", "10:00:00", ["01-01T10:00 at 01-01T10:00: due"]],
    ["all", "10:00:00", "10:59:59", []],
    ["skip", "09:30:00", "10:01:00", ["01-01T10:00 at 01-01T10:00: due"]],
    ["skip", "09:30:00", "10:01:01", []],
    ["skip", "06:30:00", "10:00:30", ["01-01T10:00 at 01-01T10:00: due"]],
    ["once", "06:30:00", "10:00:30", ["01-01T10:00 at 01-01T10:00: due"]],
    ["once", "06:30:00", "10:30:00", ["01-01T10:00 at 01-01T10:30: missed 30 min 0 s ago (missed: once)"]],
    ["once", "10:00:00", "10:30:00", []],
    [
      "all",
      "08:30:00",
      "10:30:00",
      [
        "01-01T09:00 at 01-01T10:30: missed 1 h 30 min ago (missed: all)",
        "01-01T10:00 at 01-01T10:30: missed 30 min 0 s ago (missed: all)",
      ],
    ],
    [
      "all",
      "08:30:00",
      "10:00:10",
      ["01-01T09:00 at 01-01T10:00: missed 1 h 0 min ago (missed: all)", "01-01T10:00 at 01-01T10:00: due"],
    ],
  ] as const)("%s: handled to %s, now %s", (missed, seenTo, now, expected) => {
    expect(firings(missed, seenTo, now)).toEqual(expected);
  });

  test("are made up for when the window is open again", () => {
    expect(firings("once", "00:30:00", "12:00:00", { only: ["22:00-05:00"] })).toEqual([
      "01-01T04:00 at 01-01T22:00: missed 8 h 0 min ago (missed: once)",
    ]);
  });

  test.each([
    ["skip", []],
    ["once", ["01-01T10:00 at 01-01T10:00: missed 20 s ago (missed: once)"]],
    ["all", ["01-01T10:00 at 01-01T10:00: missed 20 s ago (missed: all)"]],
  ] as const)(
    "%s: one of some seconds ago was missed where the scheduler started after it",
    (missed, expected) => {
      expect(firings(missed, "09:30:00", "10:00:20", { watched: "10:00:10" })).toEqual(expected);
    },
  );

  test.each([
    ["skip", 1],
    ["once", 1],
    ["all", 5],
  ] as const)(
    "%s: of five within the last minute, the last is on time, and the others were missed",
    (missed, count) => {
      const found = firings(missed, "10:00:00", "10:00:59", { cron: "*/10 * * * * *", watched: "10:00:05" });
      expect(found).toHaveLength(count);
      expect(found.at(-1)).toMatch(/^01-01T10:00 at 01-01T10:00: due$/);
    },
  );

  test("of very many the last thousand are run", () => {
    const all = { ...timetable("* * * * * *", "UTC"), missed: "all", jitterMs: 0 } as const;
    const nowMs = at("2026-01-01T00:00:00Z");
    const found = firingsOf("job", all, { handledToMs: at("2020-01-01T00:00:00Z"), nowMs, watchedMs: 0 });
    expect(found).toHaveLength(1_000);
    expect(found.at(-1)).toMatchObject({ dueMs: nowMs, because: "due" });
  });

  test("jitter delays what is due, by what follows from job and due time", () => {
    const schedule = { ...hourly, missed: "once", jitterMs: 60_000 } as const;
    const dueMs = at("2026-01-01T10:00:00Z");
    expect(firingsOf("job", schedule, { handledToMs: dueMs - 1, nowMs: dueMs, watchedMs: 0 })).toEqual([
      { dueMs, startMs: dueMs + jitterOf("job", hourly, 60_000, dueMs), isMissed: false, because: "due" },
    ]);
  });
});
