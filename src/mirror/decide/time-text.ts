import type { ListedTime } from "../../ftp/listing/entry.ts";
import { isoTime } from "../../shared/iso-time.ts";

/**
 * A time as text: ISO 8601, as exact as it was listed (`2026-01-31`, `2026-01-31T12:30`), with a `Z` where it is
 * UTC and not a server's own local time. Undefined for a time that no calendar has.
 */
export function formatListedTime({ atMs, precision, zone }: ListedTime): string | undefined {
  if (Number.isNaN(new Date(atMs).getTime())) return undefined;
  const iso = isoTime(atMs);
  const exact = {
    day: iso.replace(/T.*$/, ""),
    minute: iso.replace(/:\d\d\.\d{3}Z$/, ""),
    second: iso.replace(/(\.000)?Z$/, ""),
  };
  return `${exact[precision]}${zone === "utc" ? "Z" : ""}`;
}

/** What {@link formatListedTime} wrote; undefined for any other text. */
export function parseListedTime(text: string): ListedTime | undefined {
  const [, day, minute, second, utc] = TIME.exec(text) ?? [];
  const atMs = Date.parse(`${day}${minute ?? "T00:00"}${second ?? ":00"}Z`);
  if (Number.isNaN(atMs)) return undefined;
  const precision = second !== undefined ? "second" : minute !== undefined ? "minute" : "day";
  return { atMs, precision, zone: utc === "Z" ? "utc" : "unknown" };
}

const TIME = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)(?:(T\d\d:\d\d)(:\d\d(?:\.\d{3})?)?)?(Z?)$/;
