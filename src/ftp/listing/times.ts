import { isDate, utc } from "../time-val.ts";
import { firstOf, spellingsOf } from "./charsets.ts";
import type { ListedTime } from "./entry.ts";

interface DateFields {
  readonly year: number;
  /** 1 … 12. */
  readonly month: number;
  readonly day: number;
}

interface ClockTime {
  /** 0 … 24; the end of a day may be its 24:00. */
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly hasSeconds: boolean;
}

/**
 * `2026-11-21`, `21.11.2026`, `11-21-26`, `11/21/2026`, `97-11-21`, `11-21-126`; of two small numbers the month comes
 * first, as in America.
 */
export function parseDate(text: string): DateFields | undefined {
  const match = /^(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})$/.exec(text);
  if (match === null) return undefined;
  const [, first = "", separator, second = "", third = ""] = match;
  const [one, two, three] = [Number(first), Number(second), Number(third)];
  if (first.length > 2 || one > MOST_DAYS) return dateOf(fullYear(first), two, three);
  const year = fullYear(third);
  return separator === "." || one > 12 ? dateOf(year, two, one) : dateOf(year, one, two);
}

const MOST_DAYS = 31;

/** `2026`, `26`, and `126` where a program of the last century counts from 1900; undefined for any other. */
export function fullYear(digits: string): number | undefined {
  const year = Number(digits);
  if (digits.length === 4) return year;
  if (digits.length === 3) return year >= 100 ? year + 1900 : undefined;
  return digits.length === 2 ? year + (year < 70 ? 2000 : 1900) : undefined;
}

/** Undefined where a field is, and for a day that the calendar has not. */
export function dateOf(
  year: number | undefined,
  month: number | undefined,
  day: number | undefined,
): DateFields | undefined {
  if (year === undefined || month === undefined || day === undefined) return undefined;
  return isDate(year, month, day) ? { year, month, day } : undefined;
}

/** `2:36`, `02:36:07`, `02:36:07.123456789`, `02:36PM`. */
export function parseClock(text: string): ClockTime | undefined {
  const match = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:([AaPp])[Mm]?)?$/.exec(text);
  if (match === null) return undefined;
  const [, hours, minutes, seconds, half] = match;
  const [listed, minute, second] = [Number(hours), Number(minutes), Number(seconds ?? 0)];
  // Some servers write `00:34AM` for `12:34AM`.
  if (half !== undefined && listed > 12) return undefined;
  const hour = half === undefined ? listed : (listed % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  const isTime = minute < 60 && second <= 60 && (hour < 24 || (hour === 24 && minute + second === 0));
  return isTime ? { hour, minute, second, hasSeconds: seconds !== undefined } : undefined;
}

/** A time in an unknown zone; without a clock time it is exact to the day. */
export function localTime(date: DateFields, clock: ClockTime | undefined): ListedTime {
  const { hour = 0, minute = 0, second = 0, hasSeconds = false } = clock ?? {};
  const atMs = utc(date.year, date.month, date.day, hour, minute, second);
  const precision = clock === undefined ? "day" : hasSeconds ? "second" : "minute";
  return { atMs, precision, zone: "unknown" };
}

/**
 * The time that a listing means when it leaves out the year: the last such day that is not more than a day
 * ahead of now, since clocks and zones differ.
 */
export function withoutYear(
  month: number,
  day: number,
  clock: ClockTime,
  nowMs: number,
): ListedTime | undefined {
  const next = new Date(nowMs).getUTCFullYear() + 1;
  for (let year = next; year >= next - MAX_YEARS_BACK; year -= 1) {
    if (!isDate(year, month, day)) continue;
    const time = localTime({ year, month, day }, clock);
    if (time.atMs <= nowMs + DAY_MS) return time;
  }
  return undefined;
}

/** From one 29 February to the one before, over a year such as 1900. */
const MAX_YEARS_BACK = 9;
const DAY_MS = 86_400_000;

/** 1 … 12, from names and short names in the languages that servers are known to list in. */
export function monthOf(text: string): number | undefined {
  const number = /^(\d{1,2})[月월]$/.exec(text)?.[1];
  if (number !== undefined) return Number(number) >= 1 && Number(number) <= 12 ? Number(number) : undefined;
  return monthNamed(text) ?? firstOf(spellingsOf(text), (word) => monthOf(word));
}

function monthNamed(text: string): number | undefined {
  const name = text.toLowerCase().replace(/[.,]{1,2}$/, "");
  const month = MONTHS.get(name);
  if (month !== undefined || name.length < 2 || name.length > MAX_MONTH || !/^[\p{L}\p{M}.]+$/u.test(name))
    return month;
  otherMonths ??= monthsOf(LOCALES);
  return otherMonths.get(name);
}

/** Characters in the longest name of a month. */
const MAX_MONTH = 24;

/** Languages beyond those of {@link MONTHS}, whose names Node knows. */
const LOCALES =
  "bg ca cs da de el es et eu fi fr ga gl hr hu id is it lt lv mk ms nb nl pl pt ro ru sk sl sq sr sr-Latn sv tr uk vi cy".split(
    " ",
  );

/** Made when a word is met that could be a month and is in no language of {@link MONTHS}. */
let otherMonths: ReadonlyMap<string, number> | undefined;

/** Names and short names, in both their forms; one that means two months in two languages is left out. */
function monthsOf(locales: readonly string[]): ReadonlyMap<string, number> {
  const months = new Map<string, number>();
  const forms: readonly Intl.DateTimeFormatOptions[] = [
    { month: "short" },
    { month: "long" },
    { month: "short", day: "numeric" },
    { month: "long", day: "numeric" },
  ];
  for (const locale of locales) {
    for (const form of forms) {
      const format = new Intl.DateTimeFormat(locale, { ...form, timeZone: "UTC" });
      for (let month = 1; month <= 12; month += 1) {
        const parts = format.formatToParts(utc(2026, month, 15, 0, 0, 0));
        const name = (parts.find(({ type }) => type === "month")?.value ?? "")
          .toLowerCase()
          .replace(/\.$/, "");
        if (!/^\d*$/.test(name)) months.set(name, (months.get(name) ?? month) === month ? month : 0);
      }
    }
  }
  for (const [name, month] of months) if (month === 0) months.delete(name);
  return months;
}

/** English, German, French, Italian, Spanish, Portuguese, Dutch, Nordic, Polish, Czech, Hungarian, Russian. */
const MONTHS: ReadonlyMap<string, number> = new Map(
  [
    "jan january januar jänner janvier janv gen gennaio ene enero janeiro januari sty styczeń led ledna tammi янв",
    "feb february februar feber février fevrier févr fév fev febbraio febrero fevereiro februari lut luty úno února helmi febr фев",
    "mar march märz mär maerz mrz mars marzo março marco mrt maart marec marzec bře března maalis márc мар",
    "apr april avril avr aprile abr abril kwi kwiecień dub dubna huhti ápr апр",
    "may mai maggio mag mayo maio maj mei kvě května touko máj мая май",
    "jun june juni juin giugno giu junio junho cze czerwiec čvn čer června kesä jún июн июня",
    "jul july juli juillet juil luglio lug julio julho lip lipiec čvc července heinä júl июл июля",
    "aug august août aout aoû agosto ago augustus augusti sie sierpień srp srpna elo авг",
    "sep sept september septembre settembre set septiembre setembro wrz wrzesień zář září syys szept сен",
    "oct october oktober okt octobre ottobre ott octubre outubro out paź październik říj října loka окт",
    "nov november novembre noviembre novembro lis listopad listopadu marras ноя",
    "dec december dezember dez décembre déc decembre dicembre dic diciembre dezembro des gru grudzień pro prosince joulu дек",
  ].flatMap((names, index) => names.split(" ").map((name): [string, number] => [name, index + 1])),
);
