import { utc } from "../time-val.ts";
import type { ListingEntry } from "./entry.ts";
import { parseClock, parseDate } from "./times.ts";

/** A line of `dir`, as IIS lists by default: `11-21-26  02:36AM  <DIR>  name` or a size in place of `<DIR>`. */
export function parseDos(line: string): ListingEntry | undefined {
  const match = DOS_LINE.exec(line);
  if (match === null) return undefined;
  const [, day = "", time = "", half = "", mark, size = "", name = ""] = match;
  const date = parseDate(day);
  const clock = parseClock(time + half.trim());
  if (date === undefined || clock === undefined) return undefined;
  const atMs = utc(date.year, date.month, date.day, clock.hour, clock.minute, clock.second);
  const modified = { atMs, precision: clock.hasSeconds ? "second" : "minute", zone: "unknown" } as const;
  if (mark === "<DIR>") return { name, kind: "directory", modified };
  if (mark !== undefined) return linkOf(name, modified);
  return { name, kind: "file", sizeBytes: Number(size.replace(/[.,']/g, "")), modified };
}

/** `<DIR>` is followed by ten spaces, a size by one; what comes then is the name, spaces and all. */
const DOS_LINE =
  /^(\d{1,4}[-./]\d{1,2}[-./]\d{1,4}) {1,3}(\d{1,2}:\d\d(?::\d\d)?)( ?[AaPp][Mm]?)? {1,40}(?:(<DIR>|<JUNCTION>|<SYMLINKD?>)(?: {10}| {1,9}(?! ))|(\d[\d.,']{0,24}) )(.+)$/s;

function linkOf(text: string, modified: NonNullable<ListingEntry["modified"]>): ListingEntry {
  const [, name = text, linkTarget] = /^(.*) \[([^[\]]*)\]$/.exec(text) ?? [];
  return { name, kind: "link", modified, ...(linkTarget === undefined ? {} : { linkTarget }) };
}
