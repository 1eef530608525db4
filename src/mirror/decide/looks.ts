import { crc32 } from "node:zlib";
import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { isExact } from "./times.ts";

/** What a directory looks like, and those that lie above it; by that it is known again under another name. */
export interface Looks {
  readonly print: string;
  /** How many above it have to look the same until it is taken for one of them. */
  readonly enough: number;
  readonly above: Looks | undefined;
}

/** The looks of a directory with these entries, which are in order. */
export function looksOf(entries: readonly ListingEntry[], above: Looks | undefined): Looks {
  let [names, octets, times] = [0, 0, 0];
  for (const { name, kind, sizeBytes, modified } of entries) {
    names = crc32(`${kind} ${name}/`, names);
    octets += sizeBytes ?? 0;
    times = (times + (modified?.atMs ?? 0)) % Number.MAX_SAFE_INTEGER;
  }
  // Names alone, or times to the day, may be those of two.
  const isSure = entries.some(({ modified }) => modified !== undefined && isExact(modified));
  return { print: `${entries.length} ${names} ${octets} ${times}`, enough: isSure ? 1 : 2, above };
}

/** Whether a directory is taken for one above it: whoever came there by a link has been there before. */
export function wasSeen({ print, enough, above }: Looks): boolean {
  let alike = 0;
  for (let at = above; at !== undefined; at = at.above) alike += at.print === print ? 1 : 0;
  return alike >= enough;
}
