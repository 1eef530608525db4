import { instantOf } from "../../shared/time-zone.ts";
import type { ListedTime, ListingEntry } from "./entry.ts";

/**
 * An entry whose time was read in a zone of the IANA database, as far as the server did not tell its zone itself. A time
 * that clocks show twice is the first of the two; one that they leave out is the next one there is.
 */
export function inTimeZone(entry: ListingEntry, timeZone: string | undefined): ListingEntry {
  const { modified } = entry;
  if (timeZone === undefined || modified?.zone !== "unknown") return entry;
  return { ...entry, modified: timeIn(modified, timeZone) };
}

function timeIn({ atMs, precision }: ListedTime, timeZone: string): ListedTime {
  return { atMs: instantOf(timeZone, atMs), precision, zone: "utc", listedMs: atMs };
}

/** The time as the server wrote it, where a host's time zone was put to it. */
export function asWritten(time: ListedTime): ListedTime {
  const { listedMs, precision } = time;
  return listedMs === undefined ? time : { atMs: listedMs, precision, zone: "unknown" };
}
