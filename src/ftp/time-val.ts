/**
 * A time-val (RFC 3659 §2.3): `YYYYMMDDHHMMSS`, with a fraction of any length, always UTC.
 * @returns milliseconds since 1970; undefined for anything else. A year written as `19` and the years since
 * 1900 (`19126…` for 2026), as some servers do, is taken for what was meant. A leap second counts as the next.
 */
export function parseTimeVal(text: string): number | undefined {
  const match = /^(?:(\d{4})|19(1\d\d))(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,20}))?$/.exec(text);
  if (match === null) return undefined;
  const [, year, since1900, month, day, hour, minute, second, fraction = ""] = match;
  const fields = [month, day, hour, minute, second].map(Number);
  const [mon = 0, d = 0, h = 0, min = 0, sec = 0] = fields;
  const y = year === undefined ? 1900 + Number(since1900) : Number(year);
  if (mon < 1 || mon > 12 || d < 1 || d > daysIn(y, mon) || h > 23 || min > 59 || sec > 60) return undefined;
  return utc(y, mon, d, h, min, sec) + Math.floor(Number(`0.${fraction}`) * 1000);
}

/** The time-val of a time, whole seconds only: servers differ on fractions. */
export function formatTimeVal(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace(/[-:T]/g, "");
}

/** Milliseconds since 1970 of fields in UTC; months are 1 … 12. Years below 100 are meant as written. */
export function utc(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second, 0);
}

/** Days of a month, 1 … 12. */
export function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}
