import { entryOf, type ListingEntry } from "../entry.ts";
import { localTime, parseClock, parseDate } from "../times.ts";

/** A line of OS/2: `             0           DIR   11-21-26   02:36  name`, or `1234      A  11-21-26   02:36  name`. */
export function parseOs2(line: string): ListingEntry | undefined {
  const [, size, attributes = "", day = "", clock = "", name = ""] = ENTRY.exec(line) ?? [];
  const [date, time] = [parseDate(day), parseClock(clock)];
  if (date === undefined || time === undefined) return undefined;
  const isDirectory = /\bDIR\b/.test(attributes);
  return entryOf({
    name,
    kind: isDirectory ? "directory" : "file",
    sizeBytes: isDirectory ? undefined : Number(size),
    modified: localTime(date, time),
  });
}

/** Two spaces precede the name. */
const ENTRY = /^ *(\d+) +((?:(?:DIR|[ARHS]{1,4}) +)*)(\d{1,2}-\d{1,2}-\d{2,4}) +(\d{1,2}:\d\d) {1,2}(.+)$/s;
