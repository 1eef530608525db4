import { ConfigError } from "../../shared/errors.ts";
import { parseDuration } from "../../shared/units.ts";
import { parsed } from "./fields.ts";

const DAY_MS = 86_400_000;

/**
 * `30m`, `6h`, `3d` as milliseconds; a number alone is too easily meant as days.
 * @throws ConfigError, which says that `what` was expected
 */
export function parseLongDuration(value: string, mostDays: number, what: string): number {
  const ms = /^[\d.]+$/.test(value) ? 0 : durationOf(value);
  if (ms > 0 && ms <= mostDays * DAY_MS) return ms;
  throw new ConfigError(`expected ${what}`);
}

function durationOf(value: string): number {
  try {
    return parseDuration(value);
  } catch {
    return 0;
  }
}

/** A length of time in days rather than seconds, as milliseconds. */
export function longDuration(mostDays: number) {
  const what = `a duration such as 30m, 6h or 3d, more than 0 and at most ${mostDays}d`;
  return parsed(what, (value) => parseLongDuration(value, mostDays, what));
}
