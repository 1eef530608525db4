import { utc } from "../time-val.ts";
import type { ListingEntry } from "./entry.ts";
import { monthOf, parseClock } from "./times.ts";

/**
 * A line of an OpenVMS directory: `NAME.EXT;3  12/15  21-NOV-2026 02:36:07 [GROUP,OWNER] (RWED,RWED,RE,)`.
 * The version is no part of the name, and a size in blocks of 512 octets is no size to compare with.
 */
export function parseVms(line: string): ListingEntry | undefined {
  const match =
    /^([^\s;]{1,255});\d{1,6} {1,80}\d+(?:\/\d+)? {1,10}(\d{1,2})-([A-Z]{3})-(\d{4}) {1,4}([\d:.]{4,14})/i.exec(
      line,
    );
  if (match === null) return undefined;
  const [, full = "", day, name, year, time = ""] = match;
  const month = monthOf(name ?? "");
  const clock = parseClock(time.replace(/(\.\d+)$/, ""));
  if (month === undefined || clock === undefined) return undefined;
  const atMs = utc(Number(year), month, Number(day), clock.hour, clock.minute, clock.second);
  const modified = { atMs, precision: clock.hasSeconds ? "second" : "minute", zone: "unknown" } as const;
  const directory = /^(.+)\.DIR$/i.exec(full)?.[1];
  return directory === undefined
    ? { name: full, kind: "file", modified }
    : { name: directory, kind: "directory", modified };
}

/** A name too long for its column stands alone; the rest of its entry is on the next line. */
export function isWrappedVmsName(line: string): boolean {
  return /^[^\s;]{1,255};\d{1,6}\s*$/.test(line);
}

/** `Directory DISK:[PUB]` before, `Total of 3 files, 27/45 blocks` after. */
export function isVmsFrame(line: string): boolean {
  return /^(Directory [A-Z0-9_$:]+\[|Total of \d+ (files?|director))/i.test(line);
}
