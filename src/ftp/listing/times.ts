import { daysIn, utc } from "../time-val.ts";

export interface ClockTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly hasSeconds: boolean;
}

export interface DateFields {
  readonly year: number;
  /** 1 … 12. */
  readonly month: number;
  readonly day: number;
}

/** `2:36`, `02:36:07`, `02:36:07.123456789`, `02:36PM`. */
export function parseClock(text: string): ClockTime | undefined {
  const match = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s?([AaPp])?[Mm]?$/.exec(text);
  if (match === null) return undefined;
  const [, hours, minutes, seconds, half] = match;
  const [twelve, minute, second] = [Number(hours), Number(minutes), Number(seconds ?? 0)];
  if (minute > 59 || second > 60 || (half !== undefined && (twelve < 1 || twelve > 12))) return undefined;
  const hour = half === undefined ? twelve : (twelve % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  return hour > 23 ? undefined : { hour, minute, second, hasSeconds: seconds !== undefined };
}

/** `2026-11-21`, `21.11.2026`, `11-21-26`, `11/21/2026`; of two small numbers the month comes first, as in America. */
export function parseDate(text: string): DateFields | undefined {
  const match = /^(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})$/.exec(text);
  if (match === null) return undefined;
  const [, first = "", separator, second = "", third = ""] = match;
  if (first.length === 4) return checked(Number(first), Number(second), Number(third));
  if (first.length > 2 || third.length === 3 || third.length < 2) return undefined;
  const year = third.length === 4 ? Number(third) : Number(third) + (Number(third) < 70 ? 2000 : 1900);
  const isDayFirst = separator === "." || Number(first) > 12;
  return isDayFirst
    ? checked(year, Number(second), Number(first))
    : checked(year, Number(first), Number(second));
}

function checked(year: number, month: number, day: number): DateFields | undefined {
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  return isDate ? { year, month, day } : undefined;
}

/**
 * The time that a listing means when it leaves out the year: the last such day that is not more than a day
 * ahead of now, since clocks and zones differ.
 */
export function withoutYear(month: number, day: number, clock: ClockTime, nowMs: number): number | undefined {
  const year = new Date(nowMs).getUTCFullYear() + 1;
  for (let back = 0; back <= MAX_YEARS_BACK; back += 1) {
    if (day > daysIn(year - back, month)) continue;
    const atMs = utc(year - back, month, day, clock.hour, clock.minute, clock.second);
    if (atMs <= nowMs + DAY_MS) return atMs;
  }
  return undefined;
}

/** From one 29 February to the one before, over a year such as 1900. */
const MAX_YEARS_BACK = 9;
const DAY_MS = 86_400_000;

/** 1 … 12, from names and short names in the languages that servers are known to list in. */
export function monthOf(text: string): number | undefined {
  const digits = /^(\d{1,2})(?:月|월)$/.exec(text)?.[1];
  if (digits !== undefined) return Number(digits) >= 1 && Number(digits) <= 12 ? Number(digits) : undefined;
  return MONTHS.get(text.toLowerCase().replace(/\.$/, ""));
}

const MONTHS: ReadonlyMap<string, number> = new Map(
  [
    "jan january januar janvier janv gen gennaio ene enero sty styczeń led ledna tammi янв januari",
    "feb february februar février févr fév fev febbraio febrero lut luty úno helmi фев februari fevereiro",
    "mar march märz mär maerz mrz mars marzo marec března bře maalis мар maart mrt março marca mac",
    "apr april avril avr aprile abr abril kwi kwiecień dub dubna huhti апр",
    "may mai maggio mag mayo maj mei kvě května touko май мая maio",
    "jun june juni juin giugno giu junio cze czerwiec čvn června kesä июн junho",
    "jul july juli juillet juil luglio lug julio lip lipiec čvc července heinä июл julho",
    "aug august août aou aoû agosto ago sie sierpień srp srpna elo авг augustus augusti",
    "sep sept september septembre settembre set septiembre wrz wrzesień zář září syys сен setembro",
    "oct october oktober okt octobre ottobre ott octubre paź październik říj října loka окт out outubro",
    "nov november novembre noviembre lis listopad listopadu marras ноя novembro",
    "dec december dezember dez décembre déc dicembre dic diciembre gru grudzień pro prosince joulu дек dezembro",
  ].flatMap((names, index) => names.split(" ").map((name): [string, number] => [name, index + 1])),
);
