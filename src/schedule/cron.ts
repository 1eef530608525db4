import { type ParsedFields, validateDetailed } from "node-cron";
import { ConfigError } from "../shared/errors.ts";
import type { Wall } from "../shared/time-zone.ts";

/** A cron expression, parsed by node-cron; numbers ascend. */
export interface Cron {
  readonly text: string;
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1 to 31; `L` the last, `L-3` three before it, `15W` and `LW` the working day nearest to it. */
  readonly days: readonly (number | string)[];
  /** 1 to 12. */
  readonly months: readonly number[];
  /** 0 (Sunday) to 6; `5L` the last Friday of the month, `2#1` its first Tuesday. */
  readonly weekdays: readonly (number | string)[];
  /**
   * As in Vixie's cron: where both day fields say something, either of them suffices. A field that begins with
   * `*` or is `?` says nothing by itself, and then both have to match.
   */
  readonly isEitherDay: boolean;
}

/** No day recurs later than this: 29 February on a given weekday, where 2100 comes between. */
const FOREVER_DAYS = 41 * 366;
const DAY_MS = 86_400_000;

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/**
 * Five fields, six with seconds in front, or a nickname such as `@daily`.
 * @throws ConfigError that names the field, also for days that never come
 */
export function parseCron(text: string): Cron {
  const fields = (NICKNAMES[text.trim()] ?? text).trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    throw new ConfigError("expected 5 fields, or 6 with seconds in front, such as 15 2 * * *, or @daily");
  }
  const [days = "", months = "", weekdays = ""] = fields.slice(-3);
  // Months separately from days: node-cron takes 30 February for a fault also where a weekday would do.
  const parsed = parsedBy([...fields.slice(0, -3), days, "*", weekdays].join(" "));
  const cron: Cron = {
    text: text.trim(),
    seconds: sorted(parsed.second),
    minutes: sorted(parsed.minute),
    hours: sorted(parsed.hour),
    days: parsed.dayOfMonth,
    months: sorted(parsedBy(`0 0 * ${months} *`).month),
    weekdays: parsed.dayOfWeek,
    isEitherDay: !/^[*?]/.test(days) && !/^[*?]/.test(weekdays),
  };
  if (!hasDay(cron)) throw new ConfigError("this never fires: no such date exists");
  return cron;
}

function parsedBy(text: string): ParsedFields {
  const { fields, errors } = validateDetailed(text);
  if (fields !== undefined) return fields;
  const [{ field, value } = { field: "expression", value: text }] = errors;
  const name = NAMES[field];
  throw new ConfigError(
    name === undefined
      ? `"${value}" is not a cron expression`
      : `"${value}" is not a valid ${name.what}; ${name.expected}`,
  );
}

const NAMES: Readonly<Record<string, { readonly what: string; readonly expected: string }>> = {
  second: { what: "second", expected: "expected 0 to 59, *, */5, 10-20 or a list" },
  minute: { what: "minute", expected: "expected 0 to 59, *, */5, 10-20 or a list" },
  hour: { what: "hour", expected: "expected 0 to 23, *, */2, 8-18 or a list" },
  dayOfMonth: { what: "day of the month", expected: "expected 1 to 31, *, */2, 1-7, L, 15W or a list" },
  month: { what: "month", expected: "expected 1 to 12, jan to dec, *, */3 or a list" },
  dayOfWeek: { what: "weekday", expected: "expected 0 to 7, sun to sat, *, 1-5, 5L, 2#1 or a list" },
};

function sorted(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function hasDay(cron: Cron): boolean {
  for (let day = 0; day < FOREVER_DAYS; day += 1) if (matchesDay(cron, day * DAY_MS)) return true;
  return false;
}

/** Whether a cron fires on the day of a local time. */
export function matchesDay(cron: Cron, wall: Wall): boolean {
  const date = new Date(wall);
  if (!cron.months.includes(date.getUTCMonth() + 1)) return false;
  const isDay = cron.days.some((day) => matchesDayOfMonth(day, date));
  if (isDay === cron.isEitherDay) return isDay;
  return cron.weekdays.some((weekday) => matchesWeekday(weekday, date));
}

function matchesDayOfMonth(field: number | string, date: Date): boolean {
  const day = date.getUTCDate();
  if (typeof field === "number") return day === field;
  const last = lastDayOf(date);
  const [, place, before = "0", isWorkingDay] = /^(\d+|L)(?:-(\d+))?(W)?$/.exec(field) ?? [];
  const meant = place === "L" ? last - Number(before) : Number(place);
  return day === (isWorkingDay === undefined ? meant : workingDayNear(meant, last, date));
}

/** The Monday to Friday nearest to a day, in the same month. */
function workingDayNear(day: number, last: number, date: Date): number | undefined {
  if (day > last) return undefined;
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), day)).getUTCDay();
  if (weekday === 6) return day === 1 ? day + 2 : day - 1;
  if (weekday === 0) return day === last ? day - 2 : day + 1;
  return day;
}

function matchesWeekday(field: number | string, date: Date): boolean {
  if (typeof field === "number") return date.getUTCDay() === field;
  if (date.getUTCDay() !== Number(field[0])) return false;
  const day = date.getUTCDate();
  return field.endsWith("L") ? day + 7 > lastDayOf(date) : Math.ceil(day / 7) === Number(field.at(-1));
}

function lastDayOf(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** The first time of the day, in seconds since midnight, that is `from` or later; undefined for none. */
export function nextTime({ hours, minutes, seconds }: Cron, from: number): number | undefined {
  for (const hour of hours) {
    if (hour * 3_600 + 3_599 < from) continue;
    for (const minute of minutes) {
      if (hour * 3_600 + minute * 60 + 59 < from) continue;
      const second = seconds.find((one) => hour * 3_600 + minute * 60 + one >= from);
      if (second !== undefined) return hour * 3_600 + minute * 60 + second;
    }
  }
  return undefined;
}
