import { ConfigError } from "../shared/errors.ts";

/** A part of the day, in seconds since midnight: `from` is in it, `to` is not. Past midnight where `to` comes first. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const DAY = 86_400;

/** `22:00-05:00`; the day ends at 24:00. @throws ConfigError */
export function parseWindow(text: string): Window {
  const [from, to] = text.split("-").map((part) => timeOfDay(part.trim()));
  if (from === undefined || to === undefined || text.split("-").length !== 2 || from === DAY || from === to) {
    throw new ConfigError("expected a time range such as 22:00-05:00");
  }
  return { from, to };
}

/** `06:00` in seconds since midnight, 0 to 86,400; undefined for what is no time. */
export function timeOfDay(text: string): number | undefined {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const seconds = Number(hour) * 3_600 + Number(minute) * 60;
  return Number(minute) < 60 && seconds <= DAY ? seconds : undefined;
}

/** How long a time of the day remains inside, in seconds; 0 outside. Without windows it is always inside. */
export function openFor(windows: readonly Window[], time: number): number {
  if (windows.length === 0) return Number.POSITIVE_INFINITY;
  const remaining = windows.map(({ from, to }) => {
    const [since, length] = [(time - from + DAY) % DAY, (to - from + DAY) % DAY || DAY];
    return since < length ? length - since : 0;
  });
  return Math.max(...remaining);
}

/** The first time of this day, `time` or later, that is inside; undefined where none is. */
export function nextOpen(windows: readonly Window[], time: number): number | undefined {
  if (openFor(windows, time) > 0) return time;
  const later = windows.map(({ from }) => from).filter((from) => from > time);
  return later.length === 0 ? undefined : Math.min(...later);
}
