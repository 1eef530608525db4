import { describe, expect, test } from "vitest";
import { z } from "zod";
import { formatFault, readDocument } from "../../../../src/config/load/document.ts";
import { scheduleOptions } from "../../../../src/config/schema/schedule.ts";

const Options = z.strictObject(scheduleOptions);

function faultsOf(text: string): string[] {
  const read = readDocument("j.yaml", text, Options);
  return read.kind === "valid" ? [] : read.faults.map(formatFault);
}

const WINDOW = "expected a time range such as 22:00-05:00, or a list of them";
const DAY = "expected a day such as 2026-12-25, or 12-25 for every year";
const LONG = "expected a duration such as 30m, 6h or 3d, more than 0 and at most 30d";

describe("a schedule", () => {
  test.each([
    ["cron: 61 * * * *", 'cron: "61" is not a valid minute; expected 0 to 59, *, */5, 10-20 or a list'],
    ["cron: 0 0 30 2 *", "cron: this never fires: no such date exists"],
    ["cron: 5", "cron: expected 5 fields, or 6 with seconds in front, such as 15 2 * * *, or @daily"],
    [
      "cron: '@daily', timeZone: Europe/Berln",
      "timeZone: unknown time zone Europe/Berln; did you mean Europe/Berlin?",
    ],
    ["cron: '@daily', timeZone: +02:00", "timeZone: unknown time zone +02:00"],
    ["cron: '@daily', overlap: queue", "overlap: expected skip, queue-one or replace"],
    ["cron: '@daily', missed: never", "missed: expected skip, once or all"],
    [
      "cron: '@daily', jitter: 2d",
      "jitter: expected a duration such as 500ms, 30s, 5m or 1h30m, more than 0 and at most 1d",
    ],
    ["cron: '@daily', only: 22-05", `only: ${WINDOW}`],
    ["cron: '@daily', only: ['23:00-01:00', x]", "only.1: expected a time range such as 22:00-05:00"],
    ["cron: '@daily', only: '01:00-02:00'", "only: leaves no due time of the cron expression"],
    ["cron: 0 0 25 12 *, except: 12-25", "except: leaves no due time of the cron expression"],
    ["cron: '@daily', except: 2026-02-29", `except: ${DAY}`],
    [
      "cron: '@daily', except: [02-29, 13-01]",
      "except.1: expected a day such as 2026-12-25, or 12-25 for every year",
    ],
    [
      "cron: '@daily', deadline: 3",
      "deadline: expected a time of day such as 06:00, or a duration such as 3h, at most 30d",
    ],
    [
      "cron: '@daily', deadline: '25:00'",
      "deadline: expected a time of day such as 06:00, or a duration such as 3h, at most 30d",
    ],
    ["cron: '@daily', longest: 31d", `longest: ${LONG}`],
    ["cron: '@daily', longest: '90'", `longest: ${LONG}`],
    [
      "cron: '@daily', retries: 3",
      "retries: unknown key; known here: cron, timeZone, overlap, missed, jitter, only, except, deadline, longest",
    ],
  ])("%s", (text, sentence) => {
    const [fault] = faultsOf(`schedule: {${text}}`);
    expect(fault?.replace(/^j\.yaml:1:\d+: schedule\./, "")).toBe(sentence);
  });

  test("what is not said has its default", () => {
    const read = readDocument("j.yaml", 'schedule: {cron: "15 2 * * *"}\nafter: {job: nightly}', Options);
    expect(read).toMatchObject({
      kind: "valid",
      value: {
        schedule: {
          cron: { hours: [2], minutes: [15], seconds: [0] },
          timeZone: "UTC",
          overlap: "skip",
          missed: "once",
          only: [],
          except: [],
        },
        after: { job: "nightly", on: "success" },
        priority: "normal",
      },
    });
  });

  test("all of it", () => {
    const text = `
schedule:
  cron: 0 15 2 * * mon-fri
  timeZone: Europe/Berlin
  overlap: replace
  missed: all
  jitter: 5m
  only: 22:00-05:00
  except: [2026-12-25, 01-01]
  deadline: 06:00
  longest: 3d
after: { job: nightly, on: always }
priority: high`;
    expect(readDocument("j.yaml", text, Options)).toMatchObject({
      kind: "valid",
      value: {
        schedule: {
          jitter: 300_000,
          only: [{ from: 79_200, to: 18_000 }],
          except: ["2026-12-25", "01-01"],
          deadline: { at: 21_600 },
          longest: 259_200_000,
        },
        priority: "high",
      },
    });
  });
});

test.each([
  ["after: nightly", "after: expected keys with values"],
  ["after: {on: success}", "after.job: is missing; expected the name of a job"],
  ["after: {job: a b}", "after.job: expected the name of a job"],
  ["after: {job: a, on: failure}", "after.on: expected success or always"],
  ["priority: 3", "priority: expected low, normal or high"],
])("%s", (text, sentence) => {
  expect(faultsOf(text).map((fault) => fault.replace(/^j\.yaml:1:\d+: /, ""))).toEqual([sentence]);
});
