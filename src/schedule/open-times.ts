import type { JobSchedule } from "./due.ts";
import { isoTime } from "../shared/iso-time.ts";
import { instantOf, wallOf } from "../shared/time-zone.ts";

/** A part of time in which runs may start: milliseconds since 1970, `toMs` is not in it. */
interface OpenTime {
  readonly fromMs: number;
  readonly toMs: number;
}

const DAY_MS = 86_400_000;

/** When runs of a job may start between two instants, by its windows and the days on which none starts; undefined: at any time. */
export function openTimes(
  { only, except, timeZone }: Pick<JobSchedule, "only" | "except" | "timeZone">,
  fromMs: number,
  untilMs: number,
): readonly OpenTime[] | undefined {
  if (only.length === 0) return undefined;
  const found: OpenTime[] = [];
  // A window of the day before may reach into the first one.
  const first = Math.floor(wallOf(timeZone, fromMs) / DAY_MS) - 1;
  const last = Math.floor(wallOf(timeZone, untilMs) / DAY_MS);
  for (let day = first; day <= last; day += 1)
    for (const { from, to } of only) {
      const parts = to > from ? [[day, from, to] as const] : splitAtMidnight(day, from, to);
      for (const [of, begins, ends] of parts) {
        const date = isoTime(of * DAY_MS).slice(0, 10);
        if (except.includes(date) || except.includes(date.slice(5))) continue;
        const opens = Math.max(fromMs, instantOf(timeZone, of * DAY_MS + begins * 1_000));
        const closes = Math.min(untilMs, instantOf(timeZone, of * DAY_MS + ends * 1_000));
        if (opens < closes) found.push({ fromMs: opens, toMs: closes });
      }
    }
  return merged(found);
}

/** Each part belongs to its own day: what is due after midnight is due on that day. */
function splitAtMidnight(day: number, from: number, to: number) {
  return [
    [day, from, DAY_MS / 1_000],
    [day + 1, 0, to],
  ] as const;
}

/** In their order, and those that touch in one. */
function merged(times: readonly OpenTime[]): readonly OpenTime[] {
  const sorted = times.toSorted((one, two) => one.fromMs - two.fromMs);
  const result: OpenTime[] = [];
  for (const time of sorted) {
    const before = result.at(-1);
    if (before === undefined || time.fromMs > before.toMs) result.push(time);
    else result[result.length - 1] = { ...before, toMs: Math.max(before.toMs, time.toMs) };
  }
  return result;
}
