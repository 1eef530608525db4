import { entryOf, type ListedTime, type ListingEntry } from "../entry.ts";
import { localTime, parseClock, parseDate } from "../times.ts";

/** A line of `dir`, as IIS lists by default: `11-21-26  02:36AM       <DIR>          name`, or a size as mark. */
export function parseDos(line: string): ListingEntry | undefined {
  const match = ENTRY.exec(line);
  if (match === null) return undefined;
  const [, day = "", time = "", half = "", mark, padded = "", size = "", name = ""] = match;
  const date = parseDate(day);
  const clock = parseClock(time + half);
  if (date === undefined || clock === undefined) return undefined;
  const modified = localTime(date, clock);
  if (mark === undefined) {
    return entryOf({ name, kind: "file", sizeBytes: Number(size.replace(/[.,']/g, "")), modified });
  }
  const marked = unpad(padded, MARK_COLUMNS - mark.length);
  return mark === "<DIR>" ? entryOf({ name: marked, kind: "directory", modified }) : linkOf(marked, modified);
}

/** After a size comes one space and the name; after a mark, spaces up to a column, and the name. */
const ENTRY =
  /^(\d{1,4}[-./]\d{1,2}[-./]\d{1,4}) +(\d{1,2}:\d\d(?::\d\d)?) ?([AaPp][Mm]?)? +(?:(<(?:DIR|JUNCTION|SYMLINKD?)>)(.*)|(\d[\d.,']*) (.*))$/s;

const MARK_COLUMNS = 15;

/** At most so many spaces from the front; more of them are the name's. */
function unpad(text: string, columns: number): string {
  let from = 0;
  while (from < columns && text[from] === " ") from += 1;
  return text.slice(from);
}

/** `name [target]`; with more than one bracket there is no telling where the name ends. */
function linkOf(text: string, modified: ListedTime): ListingEntry | undefined {
  const bracket = text.endsWith("]") ? text.indexOf(" [") : -1;
  if (bracket === -1) return entryOf({ name: text, kind: "link", modified });
  if (bracket !== text.lastIndexOf(" [")) return undefined;
  const linkTarget = text.slice(bracket + 2, -1);
  return entryOf({ name: text.slice(0, bracket), kind: "link", linkTarget, modified });
}
