import { describe, expect, test } from "vitest";
import { matchesDay, nextTime, parseCron } from "../../../src/schedule/cron.ts";

test.each([
  ["* * * *", "expected 5 fields, or 6 with seconds in front, such as 15 2 * * *, or @daily"],
  ["", "expected 5 fields, or 6 with seconds in front, such as 15 2 * * *, or @daily"],
  ["0 0 0 0 0 0 0", "expected 5 fields, or 6 with seconds in front, such as 15 2 * * *, or @daily"],
  ["@reboot", "expected 5 fields, or 6 with seconds in front, such as 15 2 * * *, or @daily"],
  ["0 0 * * ä", '"0 0 * * ä" is not a cron expression'],
  ["60 0 * * *", '"60" is not a valid minute; expected 0 to 59, *, */5, 10-20 or a list'],
  ["99 0 0 * * *", '"99" is not a valid second; expected 0 to 59, *, */5, 10-20 or a list'],
  ["0 24 * * *", '"24" is not a valid hour; expected 0 to 23, *, */2, 8-18 or a list'],
  ["0 0 32 * *", '"32" is not a valid day of the month; expected 1 to 31, *, */2, 1-7, L, 15W or a list'],
  ["0 0 * 13 *", '"13" is not a valid month; expected 1 to 12, jan to dec, *, */3 or a list'],
  ["0 0 * * mo", '"mo" is not a valid weekday; expected 0 to 7, sun to sat, *, 1-5, 5L, 2#1 or a list'],
  ["0 0 30 2 *", "this never fires: no such date exists"],
  ["0 0 31 4,6,9,11 *", "this never fires: no such date exists"],
  ["0 0 L-30 2 *", "this never fires: no such date exists"],
])("%j is refused", (text, sentence) => {
  expect(() => parseCron(text)).toThrow(sentence);
});

test("what is rare fires all the same", () => {
  expect(() => parseCron("0 0 29 2 *")).not.toThrow();
  expect(() => parseCron("0 0 29 2 */7")).not.toThrow();
  expect(() => parseCron("0 0 30 2 1")).not.toThrow(); // on Mondays
});

/** The days of a month on which a cron fires. */
function daysOf(days: string, year: number, month: number): number[] {
  const cron = parseCron(`0 0 ${days}`);
  const all = Array.from(
    { length: new Date(Date.UTC(year, month, 0)).getUTCDate() },
    (_, index) => index + 1,
  );
  return all.filter((day) => matchesDay(cron, Date.UTC(year, month - 1, day)));
}

describe("days", () => {
  // August 2026 begins on a Saturday and ends on a Monday.
  test.each([
    ["1,15 * *", [1, 15]],
    ["*/10 * *", [1, 11, 21, 31]],
    ["28-2 * *", [1, 2, 28, 29, 30, 31]],
    ["* 7 *", []],
    ["* aug mon", [3, 10, 17, 24, 31]],
    ["* * 7", [2, 9, 16, 23, 30]],
    ["13 * 5", [7, 13, 14, 21, 28]], // either
    ["*/2 * 5", [7, 21]], // both
    ["13 * */5", []], // both: the 13th is neither a Sunday nor a Friday
    ["? * 1", [3, 10, 17, 24, 31]],
    ["L * *", [31]],
    ["L-3 * *", [28]],
    ["15W * *", [14]], // a Saturday: the Friday before
    ["1W * *", [3]], // a Saturday that begins the month: the Monday after
    ["16W * *", [17]], // a Sunday: the Monday after
    ["LW * *", [31]],
    ["* * 5L", [28]],
    ["* * 0L", [30]],
    ["* * 2#1", [4]],
    ["* * 1#5", [31]],
    ["* * 7#2", [9]],
  ])("%s in August 2026", (days, expected) => {
    expect(daysOf(days, 2026, 8)).toEqual(expected);
  });

  test("the last day follows the year", () => {
    expect(daysOf("L 2 *", 2027, 2)).toEqual([28]);
    expect(daysOf("L 2 *", 2028, 2)).toEqual([29]);
    expect(daysOf("31W * *", 2026, 5)).toEqual([29]); // a Sunday that ends the month: the Friday before
    expect(daysOf("31W * *", 2026, 6)).toEqual([]);
  });

  test.each([
    ["@yearly", "1 1 *"],
    ["@monthly", "1 * *"],
    ["@weekly", "* * 0"],
    ["@daily", "* * *"],
  ])("%s is %s", (nickname, days) => {
    const [short, long] = [parseCron(nickname), parseCron(`0 0 ${days}`)];
    expect({ ...short, text: "" }).toEqual({ ...long, text: "" });
  });
});

test.each([
  ["30 10 8 * * *", 0, 8 * 3_600 + 10 * 60 + 30],
  ["30 10 8 * * *", 8 * 3_600 + 10 * 60 + 31, undefined],
  ["* * * * * *", 86_399, 86_399],
  ["* * * * * *", 86_400, undefined],
  ["*/20 */30 * * * *", 41, 1_800],
  ["0 5-3 * * *", 4 * 3_600, 5 * 3_600],
])("the next time of %s at %d s is %j", (text, from, expected) => {
  expect(nextTime(parseCron(text), from)).toBe(expected);
});
