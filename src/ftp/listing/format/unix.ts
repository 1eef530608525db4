import { decodeText, encodeText } from "../../../shared/octets.ts";
import { type EntryKind, entryOf, type ListedTime, type ListingEntry } from "../entry.ts";
import { dateOf, localTime, monthOf, parseClock, withoutYear } from "../times.ts";
import { type FoundTime, numericTimeIn, timeIn } from "./unix-time.ts";

/**
 * A line of `ls -l`, whoever wrote the `ls`: `-rw-r--r-- 1 owner group 5 Nov 21 02:36 name`, with less or more
 * before the size and any time behind it. Before the time `ls` pads, after it comes exactly one space, so that
 * a name may begin with spaces. NetWare (`- [RWCEAFMS] owner 5 Nov 21 02:36    name`) pads there too.
 */
export function parseUnix(line: string, nowMs: number): ListingEntry | undefined {
  return parsePlain(line, nowMs) ?? parseWords(line, nowMs);
}

/** The form of nearly all lines of servers that tell no names of owners, read in one go; it says what {@link parseWords} does. */
function parsePlain(line: string, nowMs: number): ListingEntry | undefined {
  const found = PLAIN.exec(line);
  if (found === null) return undefined;
  const [, mode = "", owner, group, size, monthName = "", dayText, clockOrYear = "", name = ""] = found;
  const [month, day] = [monthOf(monthName), Number(dayText)];
  const modified = clockOrYear.includes(":")
    ? thisYear(month, day, parseClock(clockOrYear), nowMs)
    : dayOnly(dateOf(Number(clockOrYear), month, day));
  if (modified === undefined) return undefined;
  const kind = kindOf(mode);
  return entryOf({
    ...{ name: withoutMark(kind, name), kind, modified, owner, group },
    sizeBytes: kind === "file" ? Number(size) : undefined,
    permissions: permissionsOf(mode),
  });
}

function thisYear(
  month: number | undefined,
  day: number,
  clock: ReturnType<typeof parseClock>,
  nowMs: number,
): ListedTime | undefined {
  return month === undefined || clock === undefined ? undefined : withoutYear(month, day, clock, nowMs);
}

function dayOnly(date: ReturnType<typeof dateOf>): ListedTime | undefined {
  return date === undefined ? undefined : localTime(date, undefined);
}

/** Files and directories, with numbers for owner and group: none of these can be the beginning of a time. */
const PLAIN =
  /^([-d](?:[-r][-w][-xsStT]){3}) +\d+ +(\d+) +(\d+) +(\d+) ([A-Z][a-z][a-z]) ([ 0-3]\d) ( \d{4}|\d\d:\d\d) (.*)$/s;

function parseWords(line: string, nowMs: number): ListingEntry | undefined {
  const words = wordsOf(line);
  const texts = words.map(({ text }) => text);
  const [mode = "", rights = ""] = texts;
  const isNetWare = /^[-d]$/.test(mode) && rights.startsWith("[");
  if (!isNetWare && !isMode(mode)) return undefined;
  const found = sizeAndTimeIn(texts, isNetWare ? 2 : 1, nowMs);
  if (found === undefined) return undefined;
  const { at, time } = found;
  const end = words[at + found.words]?.end ?? line.length;
  if (line[end] !== " ") return undefined;
  const name = isNetWare ? line.slice(end).replace(/^ +/, "") : line.slice(end + 1);
  return describe(mode, texts.slice(1, at), texts[at] ?? "", time, name);
}

/**
 * Whether the blank before the name on this line may be the one that pads a year on the right, as far as one
 * line can tell: AIX and OpenVMS write `Nov 21 2025  name` where others write `Nov 21  2025 name`.
 */
export function mayPadYearOnTheRight(line: string, nowMs: number): boolean {
  const words = wordsOf(line);
  const found = sizeAndTimeIn(
    words.map(({ text }) => text),
    1,
    nowMs,
  );
  const year = found === undefined ? undefined : words[found.at + found.words];
  return year !== undefined && /[^ ] \d{4}  $/.test(line.slice(0, year.end + 2));
}

/** Words of owner and group, whose names may have blanks in them. */
const MAX_WORDS_BEFORE_TIME = 32;
const MAX_WORDS_OF_TIME = 4;

/**
 * The first size that has a time behind it, since a name may look like both. A month as a number is looked
 * for only where no other form is found: it could as well be a link count, an owner or a size.
 */
function sizeAndTimeIn(
  texts: readonly string[],
  from: number,
  nowMs: number,
): (FoundTime & { readonly at: number }) | undefined {
  for (const form of [timeIn, numericTimeIn]) {
    for (let at = from; at < Math.min(texts.length, MAX_WORDS_BEFORE_TIME); at += 1) {
      if (!SIZE.test(texts[at] ?? "")) continue;
      const found = form(texts.slice(at + 1, at + 1 + MAX_WORDS_OF_TIME), nowMs);
      if (found !== undefined) return { ...found, at };
    }
  }
  return undefined;
}

/**
 * `-rw-r--r--`, with a sign behind it for what the letters do not tell; of other widths where a server leaves out
 * the type or the last rights; `rw-******` where it does not know them.
 */
function isMode(word: string): boolean {
  return hasType(word) || (word.length >= 9 && RIGHTS.test(word));
}

function hasType(word: string): boolean {
  return word.length >= 7 && /^[-A-Za-z?]/.test(word) && RIGHTS.test(word.slice(1));
}

/** Six to nine rights in their places; a link count of many digits may follow without a blank. */
const RIGHTS = /^(?:[-r*][-w*][-xsStTlL*]){2}(?:[-r*](?:[-w*](?:[-xsStTlL*]\d{0,6})?)?)?[+.@*]?$/;

/** `5`; `33.5k`, rounded for people; `8,1`, or the `1` of `8, 1`, of a device; `-1718293`, from 32 bits. */
const SIZE = /^-?\d+(?:[.,]\d+)?[kKMGT]?$/;

interface Word {
  readonly text: string;
  /** Where the word ends in the line. */
  readonly end: number;
}

/** The first words of a line. Only spaces part them: any other blank may be in a name. */
function wordsOf(line: string): readonly Word[] {
  const words: Word[] = [];
  for (let at = 0; at < line.length && words.length < MAX_WORDS_BEFORE_TIME + MAX_WORDS_OF_TIME; ) {
    const space = line.indexOf(" ", at);
    const end = space === -1 ? line.length : space;
    if (end > at) words.push({ text: line.slice(at, end), end });
    at = end + 1;
  }
  return words;
}

function describe(
  mode: string,
  before: readonly string[],
  size: string,
  modified: ListedTime,
  text: string,
): ListingEntry | undefined {
  const kind = kindOf(mode);
  const { name, linkTarget } = kind === "link" ? cutLink(text, Number(size)) : { name: text };
  if (name === undefined) return undefined;
  const [owner, group] = ownersOf(mode, before);
  return entryOf({
    name: withoutMark(kind, name),
    kind,
    sizeBytes: kind === "file" && !hasForks(mode, before) ? exactSize(size) : undefined,
    modified,
    linkTarget,
    permissions: permissionsOf(mode),
    owner,
    group,
  });
}

/** The slash is from `ls -F`: no name can hold one. */
function withoutMark(kind: EntryKind, name: string): string {
  return kind === "directory" && name.endsWith("/") ? name.slice(0, -1) : name;
}

function kindOf(mode: string): EntryKind {
  if (!hasType(mode) && mode.length > 1) return "unknown";
  const letter = mode[0];
  return letter === "-" ? "file" : letter === "d" ? "directory" : letter === "l" ? "link" : "other";
}

function exactSize(size: string): number | undefined {
  return /^\d+$/.test(size) ? Number(size) : undefined;
}

/**
 * `name -> target`. Where one of them has an arrow in it, the size decides, which is the target's length; where
 * it does not, there is no telling.
 */
function cutLink(
  text: string,
  targetOctets: number,
): { readonly name?: string; readonly linkTarget?: string } {
  const at = text.indexOf(ARROW);
  if (at === -1) return { name: text };
  if (at === text.lastIndexOf(ARROW)) {
    return { name: text.slice(0, at), linkTarget: text.slice(at + ARROW.length) };
  }
  const octets = encodeText(text);
  const target = octets.length - targetOctets;
  const arrow = target - ARROW.length;
  if (!(arrow >= 0) || octets.toString("latin1", arrow, target) !== ARROW) return {};
  return { name: decodeText(octets.subarray(0, arrow)), linkTarget: decodeText(octets.subarray(target)) };
}

const ARROW = " -> ";

/** The nine letters as bits. A set-id or sticky bit takes the place of `x`, as a capital where `x` is not set. */
function permissionsOf(mode: string): number | undefined {
  if (mode.length < 10 || !hasType(mode) || mode.includes("*", 1)) return undefined;
  let bits = 0;
  for (let at = 1; at <= 9; at += 1) {
    const letter = mode[at] ?? "-";
    if (!"-STlL".includes(letter)) bits |= 1 << (9 - at);
    if ("sStT".includes(letter)) bits |= 0o10000 >> (at / 3);
  }
  return bits;
}

/** Owner and group, where they are no more words than two. */
function ownersOf(mode: string, before: readonly string[]): readonly string[] {
  const owners = before.filter((word, at) => !isNoOwner(word, at));
  return owners.length > 2 || hasForks(mode, before) ? [] : owners;
}

/** A link count, NetWare's rights or the `folder` of NetPresenz in the first place; a device's major number. */
function isNoOwner(word: string, at: number): boolean {
  return /^\d+,$/.test(word) || (at === 0 && /^(\d+|\[.*|folder)$/s.test(word));
}

/** NetPresenz lists the octets of both forks of a file and their sum, of which a transfer brings the one. */
function hasForks(mode: string, before: readonly string[]): boolean {
  return mode === "-------r--" && before.length === 2 && before.every((word) => /^\d+$/.test(word));
}
