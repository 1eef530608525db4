import { entryOf, type EntryKind, type ListingEntry } from "../entry.ts";
import { dateOf, localTime, parseClock } from "../times.ts";

/**
 * A line of IBM i (OS/400): `QSYS          77824 02/23/26 15:09:55 *DIR       etc/`, or without size and time
 * `QSYS                                   *MEM       A.FILE/A.MBR`. The order of day and month follows the
 * job's setting, so a date that can be read in two ways gives no time.
 */
export function parseOs400(line: string): ListingEntry | undefined {
  const match = ENTRY.exec(line.trimEnd());
  if (match === null) return undefined;
  const [, owner, size, day = "", clock = "", type = "", rest = ""] = match;
  const kind = KINDS.get(type.toUpperCase()) ?? "other";
  const name = kind === "directory" && rest.endsWith("/") ? rest.slice(0, -1) : rest;
  const date = unambiguousDate(day);
  const time = parseClock(clock);
  return entryOf({
    name,
    kind,
    owner,
    // Of all its types only a stream file is transferred as it is stored.
    sizeBytes: type.toUpperCase() === "*STMF" && size !== undefined ? Number(size) : undefined,
    modified: date === undefined || time === undefined ? undefined : localTime(date, time),
  });
}

const ENTRY =
  /^([A-Z#@$][A-Z0-9#@$_.]{0,9}) +(?:(\d+) +(\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}) +(\d{1,2}:\d\d:\d\d) +)?(\*[A-Z0-9]{2,8}) +([^ ].*)$/i;

const KINDS: ReadonlyMap<string, EntryKind> = new Map([
  ["*DIR", "directory"],
  ["*DDIR", "directory"],
  ["*LIB", "directory"],
  ["*FLR", "directory"],
  ["*FILE", "directory"],
  ["*STMF", "file"],
  ["*DSTMF", "file"],
  ["*DOC", "file"],
  ["*MEM", "file"],
  ["*SYMLNK", "link"],
]);

function unambiguousDate(text: string) {
  const [one = 0, two = 0, yearText = ""] = text
    .split(/[/.-]/)
    .map((part, at) => (at < 2 ? Number(part) : part)) as [number, number, string];
  const year = Number(yearText) + (yearText.length > 2 ? 0 : Number(yearText) < 70 ? 2000 : 1900);
  const [american, european] = [dateOf(year, one, two), dateOf(year, two, one)];
  return one === two || european === undefined ? american : american === undefined ? european : undefined;
}
