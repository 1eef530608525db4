import { utc } from "../time-val.ts";
import type { EntryKind, ListedTime, ListingEntry } from "./entry.ts";
import { monthOf, parseClock, parseDate, withoutYear } from "./times.ts";

/**
 * A line of `ls -l`, whoever wrote the `ls`: with or without link count, owner and group, ISO, American or
 * European dates, month names of many languages. `ls` puts exactly one space between the time and the name,
 * so that a name may begin with more.
 */
export function parseUnix(line: string, nowMs: number): ListingEntry | undefined {
  const words = wordsOf(line);
  const mode = words[0]?.text ?? "";
  if (!isMode(mode)) return undefined;
  // The first date behind the mode ends the numbers and begins the name's count-down.
  for (let at = 2; at < Math.min(words.length, 10); at += 1) {
    const found = timeAt(words, at, nowMs);
    if (found === undefined) continue;
    const size = sizeBefore(words, at);
    const last = words[at + found.words - 1];
    if (size === undefined || last === undefined) continue;
    const name = line.slice(last.end + 1);
    if (name === "" || line[last.end] !== " ") return undefined;
    return entryOf(mode, name, size, found.time, words.slice(1, at - size.words));
  }
  return undefined;
}

interface Word {
  readonly text: string;
  /** Where the word ends in the line. */
  readonly end: number;
}

/** The first words of a line; what follows them may be a name and is not cut. */
function wordsOf(line: string): readonly Word[] {
  const words: Word[] = [];
  for (let at = 0; at < line.length && words.length < MAX_WORDS; ) {
    while (line[at] === " ") at += 1;
    let end = line.indexOf(" ", at);
    if (end === -1) end = line.length;
    if (end > at) words.push({ text: line.slice(at, end), end });
    at = end;
  }
  return words;
}

const MAX_WORDS = 14;

/** `drwxr-xr-x`, with a mark for access lists behind it; NetWare writes `d [RWCEAFMS]`. */
function isMode(text: string): boolean {
  return /^[-bcdlpsDnM][-rwxsStTlL]{9}[+.@]?$/.test(text) || /^[-d]$/.test(text);
}

interface FoundTime {
  readonly time: ListedTime;
  /** How many words it took. */
  readonly words: number;
}

function timeAt(words: readonly Word[], at: number, nowMs: number): FoundTime | undefined {
  const [first = "", second = "", third = ""] = words.slice(at, at + 3).map(({ text }) => text);
  const month = monthOf(first);
  if (month !== undefined && isDay(second)) return monthDay(month, Number.parseInt(second, 10), third, nowMs);
  const swapped = monthOf(second);
  if (swapped !== undefined && isDay(first))
    return monthDay(swapped, Number.parseInt(first, 10), third, nowMs);
  const date = parseDate(first);
  if (date === undefined) return undefined;
  const clock = parseClock(second);
  if (clock === undefined) return undefined;
  const zone = clock.hasSeconds ? /^([+-])(\d\d)(\d\d)$/.exec(third) : null;
  const local = utc(date.year, date.month, date.day, clock.hour, clock.minute, clock.second);
  const precision = clock.hasSeconds ? "second" : "minute";
  if (zone === null) return { time: { atMs: local, precision, zone: "unknown" }, words: 2 };
  const offset = (Number(zone[2]) * 60 + Number(zone[3])) * 60_000 * (zone[1] === "-" ? -1 : 1);
  return { time: { atMs: local - offset, precision, zone: "utc" }, words: 3 };
}

/** `Nov 21 02:36` or `Nov 21 2025`. */
function monthDay(month: number, day: number, last: string, nowMs: number): FoundTime | undefined {
  const clock = parseClock(last);
  if (clock !== undefined) {
    const atMs = withoutYear(month, day, clock, nowMs);
    return atMs === undefined
      ? undefined
      : { time: { atMs, precision: "minute", zone: "unknown" }, words: 3 };
  }
  const year = /^(\d{4})\D?$/.exec(last)?.[1];
  if (year === undefined) return undefined;
  return { time: { atMs: utc(Number(year), month, day), precision: "day", zone: "unknown" }, words: 3 };
}

function isDay(text: string): boolean {
  const day = Number(/^(\d{1,2})\D?$/.exec(text)?.[1]);
  return day >= 1 && day <= 31;
}

interface Size {
  readonly sizeBytes?: number;
  /** How many words it took: a device has two numbers in its place. */
  readonly words: number;
}

function sizeBefore(words: readonly Word[], at: number): Size | undefined {
  const text = words[at - 1]?.text ?? "";
  if (/^\d{1,15}$/.test(text)) {
    return /^\d+,$/.test(words[at - 2]?.text ?? "") ? { words: 2 } : { sizeBytes: Number(text), words: 1 };
  }
  // A size that was rounded for people is not a size to compare with.
  if (/^\d+(\.\d+)?[kKMGT]$/.test(text) || /^\d+,\d+$/.test(text)) return { words: 1 };
  // NetPresenz writes `folder` and a count.
  return text === "folder" ? { words: 1 } : undefined;
}

function entryOf(
  mode: string,
  text: string,
  size: Size,
  modified: ListedTime,
  before: readonly Word[],
): ListingEntry {
  const kind = kindOf(mode, size);
  const arrow = kind === "link" ? text.indexOf(" -> ") : -1;
  const name = arrow === -1 ? text : text.slice(0, arrow);
  const permissions = permissionsOf(mode);
  const [owner, group] = before
    .map(({ text: word }) => word)
    .filter((word, index) => index > 0 || !/^\d+$/.test(word));
  return {
    name,
    kind,
    modified,
    ...(kind === "file" && size.sizeBytes !== undefined ? { sizeBytes: size.sizeBytes } : {}),
    ...(arrow === -1 ? {} : { linkTarget: text.slice(arrow + 4) }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  };
}

function kindOf(mode: string, size: Size): EntryKind {
  if (mode.startsWith("d") || mode.startsWith("D")) return "directory";
  if (mode.startsWith("l")) return "link";
  if (mode.startsWith("-")) return size.words === 2 ? "other" : "file";
  return "other";
}

/** The nine letters as bits; capital letters are a set-id or sticky bit without execution. */
function permissionsOf(mode: string): number | undefined {
  if (mode.length < 10) return undefined;
  let bits = 0;
  for (let at = 1; at <= 9; at += 1) {
    const letter = mode[at] ?? "-";
    const place = 9 - at;
    if (letter !== "-" && !"STlL".includes(letter)) bits |= 1 << place;
    if ("sStT".includes(letter)) bits |= at === 3 ? 0o4000 : at === 6 ? 0o2000 : 0o1000;
  }
  return bits;
}
