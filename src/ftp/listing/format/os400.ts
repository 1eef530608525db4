import { entryOf, type EntryKind, type ListingEntry } from "../entry.ts";
import { dateOf, fullYear, localTime, parseClock } from "../times.ts";

/**
 * A line of IBM i (OS/400): `QSYS          77824 02/23/26 15:09:55 *DIR       etc/`, or without size and time
 * `QSYS                                   *MEM       A.FILE/A.MBR`. The order of day and month follows the
 * job's setting, so a date that can be read in two ways gives no time.
 */
export function parseOs400(line: string, nowMs: number): ListingEntry | undefined {
  const match = ENTRY.exec(line.trimEnd());
  if (match === null) return undefined;
  const [, owner, size, day = "", clock = "", type = "", rest = ""] = match;
  const kind = KINDS.get(type.toUpperCase()) ?? "other";
  const name = kind === "directory" && rest.endsWith("/") ? rest.slice(0, -1) : rest;
  const date = unambiguousDate(day, nowMs);
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

const DAY_MS = 86_400_000;

/** The only day that can be meant, for nothing was changed after now; with points the day comes first. */
function unambiguousDate(text: string, nowMs: number) {
  const [one = "", two = "", three = ""] = text.split(/[/.-]/);
  const dayFirst = dateOf(fullYear(three), Number(two), Number(one));
  if (text.includes(".")) return dayFirst;
  const orders = [
    dayFirst,
    dateOf(fullYear(three), Number(one), Number(two)),
    dateOf(fullYear(one), Number(two), Number(three)),
  ];
  const [found, ...others] = orders.filter(
    (date) => date !== undefined && localTime(date, undefined).atMs <= nowMs + DAY_MS,
  );
  const isSame = others.every(
    (other) => other?.year === found?.year && other?.month === found?.month && other?.day === found?.day,
  );
  return isSame ? found : undefined;
}
