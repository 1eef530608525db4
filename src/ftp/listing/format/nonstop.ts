import { entryOf, type ListingEntry } from "../entry.ts";
import { dateOf, fullYear, localTime, monthOf, parseClock } from "../times.ts";
import type { HeadedDialect } from "./zos.ts";

/** HP NonStop (Guardian): `File         Code             EOF  Last Modification    Owner  RWEP`. */
export function nonstopDialectBelow(heading: string): HeadedDialect | undefined {
  return /^File +Code +EOF +Last Modification +Owner +RWEP *$/i.test(heading) ? parseNonstop : undefined;
}

/** `README         101            7196 18-Mar-98 15:09:12 255, 21 "nnnn"`; an `O` behind the code: the file is open. */
function parseNonstop(line: string): ListingEntry | undefined {
  const [, name = "", size, day, monthName = "", yearText = "", clock = ""] =
    /^([A-Z][A-Z0-9]{0,7}) +(?:O +)?\d+O? +(\d+) +(\d{1,2})-([A-Z]{3})-(\d{2,4}) +(\d{1,2}:\d\d:\d\d) +\d+, *\d+ +"/i.exec(
      line,
    ) ?? [];
  if (day === undefined) return undefined;
  const date = dateOf(fullYear(yearText), monthOf(monthName), Number(day));
  return entryOf({
    name,
    kind: "file",
    sizeBytes: Number(size),
    modified: date === undefined ? undefined : localTime(date, parseClock(clock)),
  });
}
