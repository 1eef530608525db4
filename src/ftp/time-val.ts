import { isoTime } from "../shared/iso-time.ts";

/**
 * A time-val (RFC 3659 §2.3): `YYYYMMDDHHMMSS` with a fraction of any length, always UTC. A year written as
 * `19` and the years since 1900, as some servers do (`19126…` for 2026), is taken for what was meant.
 * @returns milliseconds since 1970, a leap second counted as the one after it; undefined if it is no time-val
 */
export function parseTimeVal(text: string): number | undefined {
  const match = TIME_VAL.exec(text);
  if (match === null) return undefined;
  const [, yearAsWritten, since1900, ...digits] = match;
  const year = yearAsWritten === undefined ? 1900 + Number(since1900) : Number(yearAsWritten);
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.slice(0, 5).map(Number);
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 60) return undefined;
  const fraction = (digits[5] ?? "").slice(0, 3).padEnd(3, "0");
  return utc(year, month, day, hour, minute, second) + Number(fraction);
}

const TIME_VAL = /^(?:(\d{4})|19(1\d\d))(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d+))?$/;

/**
 * The time-val of milliseconds since 1970, to the whole second before: servers differ on fractions.
 * @throws RangeError for a time whose year has not four digits
 */
export function formatTimeVal(atMs: number): string {
  const text = isoTime(atMs);
  if (!/^\d{4}-/.test(text)) throw new RangeError(`year out of range for an FTP time: ${text}`);
  return text.slice(0, 19).replace(/[-:T]/g, "");
}

/** Milliseconds since 1970 of fields in UTC; months are 1 … 12. Years below 100 are meant as written. */
export function utc(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second, 0);
}

/** Whether the calendar has this day; months are 1 … 12. */
export function isDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}
