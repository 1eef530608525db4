import { describe, expect, test } from "vitest";
import { parseTimetable, rateAt } from "../../../../src/shared/rate/timetable.ts";

const M = 1_048_576;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const at = (text: string) => {
  const [day = "", time = ""] = text.split(" ");
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return DAYS.indexOf(day) * 1_440 + hours * 60 + minutes;
};

describe("a timetable", () => {
  test.each([
    ["10M", "Wed 12:00", 10 * M],
    ["512", "Mon 00:00", 512],
    ["1.5k", "Mon 00:00", 1_536],
    ["08:00,1M 18:00,off", "Mon 07:59", undefined],
    ["08:00,1M 18:00,off", "Sun 08:00", M],
    ["08:00,1M 18:00,off", "Sun 17:59", M],
    ["08:00,1M 18:00,off", "Sun 18:00", undefined],
    ["18:00,off 08:00,1M", "Sun 09:00", M],
    ["08:00,1M 18:00,off Mon-Fri", "Fri 12:00", M],
    ["08:00,1M 18:00,off Mon-Fri", "Sat 12:00", undefined],
    ["08:00,1M Mon-Fri", "Sun 12:00", M],
    ["08:00,1M Mon-Fri 10:00,5M Sat,Sun", "Sun 09:00", 5 * M],
    ["08:00,1M Mon-Fri 10:00,5M Sat,Sun", "Mon 07:00", 5 * M],
    ["08:00,1M Fri-Mon 09:00,2M tue", "Sun 08:30", M],
    ["Mon-00:00,512 Fri-23:59,10M Sat-10:00,1M Sun-20:00,off", "Sat 09:59", 10 * M],
    ["Mon-00:00,512 Fri-23:59,10M Sat-10:00,1M Sun-20:00,off", "Sun 23:00", undefined],
  ])("%s has at %s %s bytes per second", (text, time, rate) => {
    const timetable = parseTimetable(text);
    expect(timetable && rateAt(timetable, at(time))).toBe(rate);
  });

  test.each(["off", "0", "08:00,off 09:00,off"])("without any limit is none: %s", (text) => {
    expect(parseTimetable(text)).toBeUndefined();
  });

  test.each([
    ["", "is not a rate"],
    ["fast", "is not a rate"],
    ["-1", "is not a rate"],
    ["24:00,1M", "is not a time with a rate"],
    ["08:60,1M", "is not a time with a rate"],
    ["8,1M", "is not a time with a rate"],
    ["08:00,quick", '"quick" is not a rate'],
    ["Foo-08:00,1M", "is not a time with a rate"],
    ["Mon-Fri 08:00,1M", "Mon-Fri has no times before it"],
    ["08:00,1M 08:00,2M", "two rates begin at the same time"],
    ["10M 20M", "is not a time with a rate"],
  ])("is refused where it is %j", (text, because) => {
    expect(() => parseTimetable(text)).toThrow(because);
  });
});
