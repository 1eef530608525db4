import { isExact } from "./times.ts";
import { crc32 } from "node:zlib";
import type { ListingEntry } from "../../ftp/listing/entry.ts";

/** All that is in one directory. */
export interface ListedDirectory {
  readonly kind: "listed";
  /** By name, in the order of their code units; one of each name. */
  readonly entries: readonly ListingEntry[];
  /** The server answered with a refusal that is known to mean "empty"; nothing may be deleted for that. */
  readonly isDoubtful: boolean;
  /** Its end showed that nobody on the way had cut it; absent: not known. */
  readonly isWhole?: boolean;
  /** Why there may be entries beside these; absent: there are none. */
  readonly unread?: string;
}

/** What is in one directory on one side; one that cannot be known is an error, and never empty. */
export type DirectoryListing = ListedDirectory | { readonly kind: "absent" };

/** One name in a directory, and what is there on each side. */
export interface Pairing {
  readonly name: string;
  readonly source: ListingEntry | undefined;
  readonly target: ListingEntry | undefined;
}

/** Names in the order in which listings are compared: by code units, the same on every machine. */
export function inOrder(entries: ListingEntry[]): readonly ListingEntry[] {
  return entries.sort((one, two) => (one.name < two.name ? -1 : one.name > two.name ? 1 : 0));
}

/** Two sorted listings side by side. */
export function* march(source: readonly ListingEntry[], target: readonly ListingEntry[]): Generator<Pairing> {
  let [here, there] = [0, 0];
  while (here < source.length || there < target.length) {
    const [one, two] = [source[here], target[there]];
    if (two === undefined || (one !== undefined && one.name < two.name)) {
      if (one !== undefined) yield { name: one.name, source: one, target: undefined };
      here += 1;
    } else if (one === undefined || two.name < one.name) {
      yield { name: two.name, source: undefined, target: two };
      there += 1;
    } else {
      yield { name: one.name, source: one, target: two };
      here += 1;
      there += 1;
    }
  }
}

/** What a directory looks like, and those that lie above it; by that it is known again under another name. */
export interface Looks {
  readonly print: string;
  /** Times, as far as they are given as everywhere else; undefined: they came from another command. */
  readonly times: number | undefined;
  /** How many above it have to look the same until it is taken for one of them. */
  readonly enough: number;
  readonly above: Looks | undefined;
}

/**
 * The looks of a directory with these entries, which are in order.
 * @param isScreen whether their times come by another command than those of other directories
 */
export function looksOf(entries: readonly ListingEntry[], above: Looks | undefined, isScreen = false): Looks {
  let [names, octets, times] = [0, 0, 0];
  for (const { name, kind, sizeBytes, modified } of entries) {
    names = crc32(`${kind} ${name}/`, names);
    octets += sizeBytes ?? 0;
    times = (times + (modified?.atMs ?? 0)) % Number.MAX_SAFE_INTEGER;
  }
  // Names alone, or times to the day, may be those of two.
  const isSure = entries.some(({ modified }) => modified !== undefined && isExact(modified));
  const print = `${entries.length} ${names} ${octets}`;
  return { print, times: isScreen ? undefined : times, enough: isSure ? 1 : 2, above };
}

/** Whether a directory is taken for one above it: whoever came there by a link has been there before. */
export function wasSeen({ print, times, enough, above }: Looks): boolean {
  let alike = 0;
  for (let at = above; at !== undefined; at = at.above) {
    const isTimely = times === undefined || at.times === undefined || at.times === times;
    alike += at.print === print && isTimely ? 1 : 0;
  }
  return alike >= enough;
}

/** Whether a directory has the names of one above it, in the same sizes. */
export function isAsAbove({ print, above }: Looks): boolean {
  for (let at = above; at !== undefined; at = at.above) if (at.print === print) return true;
  return false;
}
