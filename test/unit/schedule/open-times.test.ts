import { expect, test } from "vitest";
import { dueTimes } from "../../../src/schedule/due.ts";
import { parseCron } from "../../../src/schedule/cron.ts";
import { openTimes } from "../../../src/schedule/open-times.ts";
import { parseWindow } from "../../../src/schedule/window.ts";

const HOUR = 3_600_000;
const table = (windows: readonly string[], timeZone = "UTC", except: readonly string[] = []) => ({
  only: windows.map(parseWindow),
  except,
  timeZone,
});
const iso = (times: ReturnType<typeof openTimes>) =>
  times?.map(({ fromMs, toMs }) => [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 16)));

test("without windows runs may start at any time", () => {
  expect(openTimes(table([]), 0, HOUR)).toBeUndefined();
});

test("a window past midnight is one stretch, cut where the span begins and ends", () => {
  const from = Date.parse("2026-06-01T00:00Z");
  expect(iso(openTimes(table(["22:00-05:00"]), from, from + 48 * HOUR))).toEqual([
    ["2026-06-01T00:00", "2026-06-01T05:00"],
    ["2026-06-01T22:00", "2026-06-02T05:00"],
    ["2026-06-02T22:00", "2026-06-03T00:00"],
  ]);
});

test("on a day without runs nothing is open, also not the part of a window that reaches into it", () => {
  const from = Date.parse("2026-12-24T12:00Z");
  expect(iso(openTimes(table(["22:00-05:00"], "UTC", ["12-25"]), from, from + 48 * HOUR))).toEqual([
    ["2026-12-24T22:00", "2026-12-25T00:00"],
    ["2026-12-26T00:00", "2026-12-26T05:00"],
  ]);
});

test("whatever the clocks do, a job that is due every hour is due inside of these times and nowhere else", () => {
  for (const start of ["2026-03-28T00:00Z", "2026-10-24T00:00Z"]) {
    const fromMs = Date.parse(start);
    const untilMs = fromMs + 72 * HOUR;
    const timetable = { ...table(["23:00-04:00", "12:00-13:00"], "Europe/Berlin", ["2026-03-30"]) };
    const open = openTimes(timetable, fromMs, untilMs) ?? [];
    const isOpen = (ms: number) => open.some((time) => time.fromMs <= ms && ms < time.toMs);
    const due = new Set<number>();
    for (const ms of dueTimes({ ...timetable, cron: parseCron("0 * * * *") }, fromMs - 1)) {
      if (ms >= untilMs) break;
      due.add(ms);
    }
    for (let ms = fromMs; ms < untilMs; ms += HOUR) expect([ms, isOpen(ms)]).toEqual([ms, due.has(ms)]);
  }
});
