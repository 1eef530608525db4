import { describe, expect, test } from "vitest";
import { asWritten, inTimeZone } from "../../../../src/ftp/listing/time-zone.ts";
import { createListingReader } from "../../../../src/ftp/listing/list.ts";

const NOW_MS = Date.UTC(2026, 11, 1);

/** The time of one line, as ISO 8601. */
function timeOf(line: string, timeZone: string | undefined, format: "list" | "mlsd" = "list") {
  const reader = createListingReader({ nowMs: NOW_MS, format, timeZone });
  const [entry] = [...reader.push(Buffer.from(`${line}\r\n`)), ...reader.end()];
  const { modified } = entry ?? {};
  return modified && { at: new Date(modified.atMs).toISOString(), zone: modified.zone };
}

const ls = (time: string) => `-rw-r--r-- 1 a b 5 ${time} name`;

describe("times of a host with a time zone", () => {
  test.each([
    ["Europe/Berlin", "Jan 15 12:00", "2026-01-15T11:00:00.000Z"],
    ["Europe/Berlin", "Jul 15 12:00", "2026-07-15T10:00:00.000Z"],
    // Clocks go from 02:00 to 03:00 at 01:00 UTC.
    ["Europe/Berlin", "Mar 29 01:59", "2026-03-29T00:59:00.000Z"],
    ["Europe/Berlin", "Mar 29 02:30", "2026-03-29T01:00:00.000Z"],
    ["Europe/Berlin", "Mar 29 03:00", "2026-03-29T01:00:00.000Z"],
    // And from 03:00 back to 02:00: the first of the two.
    ["Europe/Berlin", "Oct 25 02:30", "2026-10-25T00:30:00.000Z"],
    ["Europe/Berlin", "Oct 25 03:00", "2026-10-25T02:00:00.000Z"],
    ["Australia/Lord_Howe", "Apr  5 01:45", "2026-04-04T14:45:00.000Z"],
    ["Asia/Kathmandu", "Jan 15 12:00", "2026-01-15T06:15:00.000Z"],
    ["America/New_York", "Jan 15  2020", "2020-01-15T05:00:00.000Z"],
  ])("%s: %s is %s", (timeZone, time, at) => {
    expect(timeOf(ls(time), timeZone)).toEqual({ at, zone: "utc" });
  });

  test("a DOS listing is read in it, too", () => {
    const line = "07-15-26  12:00PM                    5 name";
    expect(timeOf(line, "Europe/Berlin")).toEqual({ at: "2026-07-15T10:00:00.000Z", zone: "utc" });
  });

  test("what is told in UTC stays as it is", () => {
    const line = "type=file;size=5;modify=20260715120000; name";
    expect(timeOf(line, "Europe/Berlin", "mlsd")).toEqual({ at: "2026-07-15T12:00:00.000Z", zone: "utc" });
  });

  test("without a zone, nothing is known of it", () => {
    expect(timeOf(ls("Jul 15 12:00"), undefined)).toEqual({
      at: "2026-07-15T12:00:00.000Z",
      zone: "unknown",
    });
  });

  test("what was written is kept beside it", () => {
    const modified = { atMs: Date.UTC(2026, 6, 15, 12), precision: "minute", zone: "unknown" } as const;
    const entry = inTimeZone({ name: "a", kind: "file", modified }, "Europe/Berlin");
    expect(entry.modified && asWritten(entry.modified)).toEqual(modified);
  });
});
