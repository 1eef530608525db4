import { entryOf, type ListingEntry } from "../entry.ts";
import { dateOf, localTime, monthOf, parseClock } from "../times.ts";

/**
 * A line of an OpenVMS directory: `NAME.EXT;3  12/15  21-NOV-2026 02:36:07 [GROUP,OWNER] (RWED,RWED,RE,)`,
 * with the fields behind the name in any order. The version is no part of the name, and a size in blocks of
 * 512 octets is not exact, so that it is left out.
 */
export function parseVms(line: string): ListingEntry | undefined {
  const [, full = "", fields = ""] = ENTRY.exec(line) ?? [];
  const [, day, monthName = "", year, time] = DATE.exec(fields) ?? [];
  if (day === undefined) return undefined;
  const date = dateOf(Number(year), monthOf(monthName), Number(day));
  const directory = /^(.+)\.DIR$/i.exec(full)?.[1];
  return entryOf({
    name: directory ?? full,
    kind: directory === undefined ? "file" : "directory",
    modified: date === undefined ? undefined : localTime(date, parseClock(time ?? "")),
  });
}

const ENTRY = /^([^ \t;]{1,255});\d{1,5}([ \t].*)$/s;
const DATE = /[ \t](\d{1,2})-([A-Z]{3})-(\d{4})(?:[ \t]+(\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?))?(?![^ \t])/i;

/** A name too long for its column has a line of its own; the rest of its entry is on the next line. */
export function isWrappedVmsName(line: string): boolean {
  return /^[^ \t;]{1,255};\d{1,5}[ \t]*$/.test(line);
}

/**
 * `Directory DISK:[PUB]` before, `Total of 3 files, 27/45 blocks` after; that there is nothing; or the protection of the
 * entry before it, which had no room for it: `(RWED,RWED,RE,)`.
 */
export function isVmsFrame(line: string): boolean {
  return /^(\s*\((?:R?W?E?D?,){3}R?W?E?D?\)\s*$|Directory [A-Z0-9_$-]+:[[<]|(Grand )?Total of \d+ (files?|director)|%DIRECT-W-NOFILES)/i.test(
    line,
  );
}
