import type { ListedTime } from "../entry.ts";
import { firstOf, spellingsOf } from "../charsets.ts";
import { dateOf, fullYear, localTime, monthOf, parseClock, parseDate, withoutYear } from "../times.ts";

export interface FoundTime {
  readonly time: ListedTime;
  /** How many words it takes. */
  readonly words: number;
}

/** The time that these words begin with, in one of the forms that `ls` writes somewhere. */
export function timeIn(words: readonly string[], nowMs: number): FoundTime | undefined {
  const [first = "", second = ""] = words;
  const isNumber = NUMBER.test(first) && (first.length > 2 || NUMBER.test(second));
  if (isNumber && !hasMonthSign(second)) return undefined; // a link count, an owner, a size
  for (const form of FORMS) {
    const found = form(words, nowMs);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `11 21 02:36`, `11 21 2025`: the month as a number, which no other form of a time begins with. */
export function numericTimeIn(
  [month = "", day = "", third = "", ...rest]: readonly string[],
  nowMs: number,
): FoundTime | undefined {
  if (!/^\d{1,2}$/.test(month) || !/^\d{1,2}$/.test(day) || !/^(?:\d{1,2}:\d\d|(?:19|20)\d\d$)/.test(third)) {
    return undefined;
  }
  return Number(month) >= 1 && Number(month) <= 12
    ? afterDay(Number(month), day, [third, ...rest], nowMs)
    : undefined;
}

const NUMBER = /^\d+$/;

type Form = (words: readonly string[], nowMs: number) => FoundTime | undefined;

const FORMS: readonly Form[] = [
  /** `Nov 21 02:36`, and everything that may come in place of the clock time. */
  ([month = "", day = "", ...rest], nowMs) => afterDay(monthOf(month), day, rest, nowMs),
  /** `21 Nov 02:36`, `21. Nov. 2025`. */
  ([day = "", month = "", ...rest], nowMs) => afterDay(monthOf(month), day, rest, nowMs),
  /** `2025年 11月 21日`; without its character a year could as well be a size, if a clock or a year follows. */
  ([year = "", month = "", day = "", next = ""]) => {
    const isYear = !/^\d{4}$/.test(year) || (hasMonthSign(month) && !/^\d{4}$/.test(next) && !clockIn(next));
    if (!isYear || yearOf(year) === undefined) return undefined;
    const date = dateOf(yearOf(year), monthOf(month), dayOf(day));
    return date === undefined ? undefined : { time: localTime(date, undefined), words: 3 };
  },
  /** `2026-11-21 02:36`, `21.11.2026 02:36`; to the second, and with a zone, of `ls --full-time`. */
  ([day = "", clock = "", zone = ""]) => {
    const [date, time] = [parseDate(day), parseClock(clock)];
    if (date === undefined || time === undefined) return undefined;
    const local = localTime(date, time);
    const offsetMs = time.hasSeconds ? offsetOf(zone) : undefined;
    if (offsetMs === undefined) return { time: local, words: 2 };
    return { time: { ...local, atMs: local.atMs - offsetMs, zone: "utc" }, words: 3 };
  },
  /** `21-Nov-25`, with a clock behind it or not. */
  ([word = "", clock = ""]) => {
    const [, day = "", month = "", year = ""] = /^(\d{1,2})-(\p{L}{3,20})-(\d{2,4})$/u.exec(word) ?? [];
    const date = day === "" ? undefined : dateOf(fullYear(year), monthOf(month), Number(day));
    const time = parseClock(clock);
    return date === undefined
      ? undefined
      : { time: localTime(date, time), words: time === undefined ? 1 : 2 };
  },
  /** `11-21 02:36`, `11-21 2025`, `11月21日 2025年`. */
  ([word = "", ...rest], nowMs) => {
    const [, month, day = ""] =
      /^(\d\d)-(\d\d)$/.exec(word) ?? inSpellings(word, /^(\d{1,2})[月월](\d{1,2})[日일]$/) ?? [];
    const found = month === undefined ? undefined : afterDay(Number(month), day, rest, nowMs);
    return found === undefined ? undefined : { ...found, words: found.words - 1 };
  },
];

/** What follows month and day, which took two words: a clock, a year, or both. */
function afterDay(
  month: number | undefined,
  dayWord: string,
  [first = "", second = ""]: readonly string[],
  nowMs: number,
): FoundTime | undefined {
  const day = dayOf(dayWord);
  if (month === undefined || day === undefined) return undefined;
  const clock = clockIn(first);
  if (clock !== undefined && !clock.hasSeconds) {
    const time = withoutYear(month, day, clock, nowMs);
    return time === undefined ? undefined : { time, words: 3 };
  }
  // `Nov 21 02:36:07 2025` of `ls -T`, `Nov 21, 2025 02:36` of VShell.
  const [yearWord, clockWord] = clock === undefined ? [first, second] : [second, first];
  const date = dateOf(yearOf(yearWord), month, day);
  if (date === undefined) return undefined;
  const hasClock = clock !== undefined || dayWord.endsWith(",");
  if (!hasClock) return { time: localTime(date, undefined), words: 3 };
  const both = parseClock(clockWord);
  return both === undefined ? undefined : { time: localTime(date, both), words: 4 };
}

const YEAR = /^(\d{4})[年년]?$/;
const DAY = /^(\d{1,2})[.,日일]?$/;

/** `2025`, `2025年`. */
function yearOf(word: string): number | undefined {
  const year = inSpellings(word, YEAR)?.[1];
  return year === undefined ? undefined : Number(year);
}

/** `21`, `21.`, `21,`, `21日`. */
function dayOf(word: string): number | undefined {
  const day = inSpellings(word, DAY)?.[1];
  return day === undefined ? undefined : Number(day);
}

/** `02:36`, `2時36分`. */
function clockIn(word: string): ReturnType<typeof parseClock> {
  const [, hours, minutes = ""] = inSpellings(word, CLOCK) ?? [];
  return parseClock(hours === undefined ? word : `${hours}:${minutes.padStart(2, "0")}`);
}

/** Whether a month is written as in `11月`, which no other number is. */
function hasMonthSign(word: string): boolean {
  return inSpellings(word, MONTH) !== undefined;
}

const MONTH = /^\d{1,2}[月월]$/;
const CLOCK = /^(\d{1,2})[時时시](\d{1,2})[分분]$/;

/** What a word says in this form, in whatever character set it is written. */
function inSpellings(word: string, form: RegExp): RegExpExecArray | undefined {
  return form.exec(word) ?? firstOf(spellingsOf(word), (text) => form.exec(text) ?? undefined);
}

/** Milliseconds ahead of UTC: `+0130`. */
function offsetOf(zone: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return undefined;
  const aheadMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === "-" ? -aheadMs : aheadMs;
}
