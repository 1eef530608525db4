import { describe, expect, test } from "vitest";
import { dueTimes, latestDue, nextDue } from "../../../src/schedule/due.ts";
import { at, shown, timetable } from "../../support/timetable.ts";

/** The due times of a local day and what is around it, in UTC without the year. */
function dueOn(cron: string, zone: string, from: string, until: string, rest = {}): string[] {
  const found: string[] = [];
  for (const due of dueTimes(timetable(cron, zone, rest), at(from))) {
    if (due > at(until)) break;
    found.push(shown(due));
  }
  return found;
}

describe("on the day the clocks are put forward", () => {
  // Berlin 2026-03-29: 02:00 CET (01:00 UTC) is 03:00 CEST.
  test.each([
    ["30 2 * * *", ["03-28T01:30", "03-29T01:00", "03-30T00:30"]],
    ["0 3 * * *", ["03-28T02:00", "03-29T01:00", "03-30T01:00"]],
    ["0 2,3 * * *", ["03-28T01:00", "03-28T02:00", "03-29T01:00", "03-30T00:00", "03-30T01:00"]], // 02:00 and 03:00 are one
    ["*/20 2 29 3 *", ["03-29T01:00"]],
    ["59 1 29 3 *", ["03-29T00:59"]],
    ["0 */2 29 3 *", ["03-28T23:00", "03-29T01:00", ...hours("03-29", 2, 20, 2)]],
    ["30 * 29 3 *", ["03-28T23:30", ...hours("03-29", 0, 21, 1, "30")]],
  ])("%s in Berlin", (cron, expected) => {
    expect(dueOn(cron, "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z")).toEqual(expected);
  });
});

describe("on the day the clocks are put back", () => {
  // Berlin 2026-10-25: 03:00 CEST (01:00 UTC) is 02:00 CET.
  test.each([
    ["30 2 * * *", ["10-24T00:30", "10-25T00:30", "10-26T01:30"]],
    ["0 3 * * *", ["10-24T01:00", "10-25T02:00", "10-26T02:00"]],
    ["*/30 2 25 10 *", ["10-25T00:00", "10-25T00:30"]],
    ["0 */2 25 10 *", ["10-24T22:00", "10-25T00:00", ...hours("10-25", 3, 21, 2)]],
    ["0 * 25 10 *", ["10-24T22:00", "10-24T23:00", ...hours("10-25", 0, 22, 1)]], // 25 of them
    ["0 0-23 25 10 *", ["10-24T22:00", "10-24T23:00", ...hours("10-25", 0, 22, 1)]],
  ])("%s in Berlin", (cron, expected) => {
    expect(dueOn(cron, "Europe/Berlin", "2026-10-24T00:00:00Z", "2026-10-26T12:00:00Z")).toEqual(expected);
  });

  test("a job of every half hour loses none of them and has none twice", () => {
    const due = [...dueOn("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:59:59Z", "2026-10-25T02:00:00Z")];
    expect(due).toEqual(["10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"]);
  });

  test("the last hour of a day that comes again is not lost to a job of that day, which has no other soon", () => {
    // Cairo 2024-10-31: 24:00 EEST (21:00 UTC) is 23:00 EET.
    const of = (cron: string, rest = {}) =>
      dueOn(cron, "Africa/Cairo", "2024-10-31T20:10:00Z", "2024-11-01T12:00:00Z", rest);
    for (const cron of ["30 * L * *", "30 * 31 * *", "30 * * 10 *"])
      expect(of(cron)).toEqual(["10-31T20:30", "10-31T21:30"]);
    expect(of("5 * L * *")).toEqual(["10-31T21:05"]);
    expect(of("5 * * * *", { except: ["11-01", "11-02"] })).toEqual(["10-31T21:05"]);
  });

  test("asked in the second of two equal hours, what was due in the first one is over", () => {
    expect(nextDue(timetable("30 2 * * *", "Europe/Berlin"), at("2026-10-25T01:10:00Z"))).toBe(
      at("2026-10-26T01:30:00Z"),
    );
  });
});

test.each([
  // Midnight does not exist.
  [
    "0 0 * * *",
    "Africa/Cairo",
    "2026-04-23T00:00:00Z",
    "2026-04-25T00:00:00Z",
    ["04-23T22:00", "04-24T21:00"],
  ],
  // Half an hour.
  ["15 2 4 10 *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z", ["10-03T15:30"]],
  ["*/15 1 5 4 *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z", hoursOfLordHowe()],
  // A whole day does not exist: it is due when the next one begins.
  [
    "0 12 30,31 12 *",
    "Pacific/Apia",
    "2011-12-29T00:00:00Z",
    "2011-12-31T12:00:00Z",
    ["12-30T10:00", "12-30T22:00"],
  ],
  [
    "0 */6 * * *",
    "Asia/Kathmandu",
    "2026-06-01T00:00:00Z",
    "2026-06-01T12:00:00Z",
    ["06-01T00:15", "06-01T06:15"],
  ],
  ["30 59 23 31 12 *", "UTC", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", ["12-31T23:59"]],
])("%s in %s", (cron, zone, from, until, expected) => {
  expect(dueOn(cron, zone, from, until)).toEqual(expected);
});

describe("windows and excepted days", () => {
  test("past midnight; the end is outside", () => {
    const due = dueOn("0 * * * *", "UTC", "2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z", {
      only: ["22:00-02:00", "6:00-7:00"],
    });
    expect(due).toEqual(["01-01T22:00", "01-01T23:00", "01-02T00:00", "01-02T01:00", "01-02T06:00"]);
  });

  test("a local time that does not exist counts as what it is called", () => {
    const only = { only: ["02:00-03:00"] };
    const due = dueOn("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", only);
    expect(due).toEqual(["03-29T01:00", "03-30T00:30"]);
  });

  test("days of one year and of every year, by the clocks of the zone", () => {
    const except = ["2026-12-25", "01-01"];
    const due = (from: string, until: string) =>
      dueOn("0 0 * * *", "America/New_York", from, until, { except });
    expect(due("2026-12-24T12:00:00Z", "2026-12-27T00:00:00Z")).toEqual(["12-26T05:00"]);
    expect(due("2027-12-24T12:00:00Z", "2027-12-26T00:00:00Z")).toEqual(["12-25T05:00"]);
    expect(due("2027-12-31T12:00:00Z", "2028-01-02T12:00:00Z")).toEqual(["01-02T05:00"]);
  });
});

test("where no due time comes any more, that is said", () => {
  expect(nextDue(timetable("0 12 * * *", "UTC", { only: ["22:00-05:00"] }), 0)).toBeUndefined();
  expect(nextDue(timetable("0 12 25 12 *", "UTC", { except: ["12-25"] }), 0)).toBeUndefined();
});

test("the last due times of a long while, the newest of them", () => {
  const hourly = timetable("0 * * * *", "UTC");
  const [from, until] = [at("2020-01-01T00:00:00Z"), at("2026-01-01T00:30:00Z")];
  expect(latestDue(hourly, from, until, 2).map(shown)).toEqual(["12-31T23:00", "01-01T00:00"]);
  expect(latestDue(hourly, at("2025-12-31T23:00:00Z"), until, 5).map(shown)).toEqual(["01-01T00:00"]);
  expect(latestDue(hourly, until, until, 5)).toEqual([]);
  expect(latestDue(timetable("0 0 29 2 *", "UTC"), from, until, 5).map(shown)).toEqual([
    "02-29T00:00",
    "02-29T00:00",
  ]);
});

test("29 February on a Sunday, with no leap year in 2100", () => {
  const sunday = timetable("0 0 29 2 */7", "UTC");
  expect(nextDue(sunday, at("2088-03-01T00:00:00Z"))).toBe(at("2128-02-29T00:00:00Z"));
});

function hours(day: string, from: number, to: number, step: number, minute = "00"): string[] {
  const count = Math.floor((to - from) / step) + 1;
  return Array.from(
    { length: count },
    (_, index) => `${day}T${String(from + index * step).padStart(2, "0")}:${minute}`,
  );
}

/** 01:30 to 02:00 comes twice there, and is due once. */
function hoursOfLordHowe(): string[] {
  return ["04-04T14:00", "04-04T14:15", "04-04T14:30", "04-04T14:45"];
}
