import type { FileInFlightView } from "../api/views/schemas.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(value: number): string {
  let [amount, unit] = [value, 0];
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 || amount >= 100 ? 0 : 1;
  return `${amount.toFixed(digits)} ${UNITS[unit]}`;
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

/** `1 file`, `1,200 files` */
export function many(value: number, one: string, several = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : several}`;
}

/** `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h` */
export function duration(seconds: number): string {
  if (seconds < 0.05) return "0 s";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor((whole % 86_400) / 3_600), "h"],
    [Math.floor((whole % 3_600) / 60), "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

/** `3 min ago`, `in 2 h` */
export function relative(at: string, nowMs: number): string {
  const seconds = (Date.parse(at) - nowMs) / 1_000;
  const size = Math.abs(seconds);
  if (size < 5) return "now";
  const steps = [
    [86_400 * 2, 86_400, "d"],
    [3_600, 3_600, "h"],
    [60, 60, "min"],
    [0, 1, "s"],
  ] as const;
  const [, unit, name] = steps.find(([from]) => size >= from) ?? steps[3];
  const amount = `${Math.floor(size / unit)} ${name}`;
  return seconds < 0 ? `${amount} ago` : `in ${amount}`;
}

const dayAndTime = new Intl.DateTimeFormat(undefined, {
  ...{ year: "numeric", month: "2-digit", day: "2-digit" },
  ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short" },
});
const timeOfDay = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const shortTime = new Intl.DateTimeFormat(undefined, {
  ...{ weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
});

/** In the viewer's zone, which it names. */
export function instant(at: string): string {
  return dayAndTime.format(new Date(at));
}

/** The time of day in the viewer's zone; with the day where that is another one. */
export function clockTime(at: string, nowMs = Date.now()): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(nowMs).toDateString();
  return isToday ? timeOfDay.format(date) : shortTime.format(date);
}

export function weekdayTime(at: string): string {
  return shortTime.format(new Date(at));
}

/** What a zone is called where there is little room: `Buenos Aires`, `UTC`, `Etc/GMT+5`. */
export function cityOf(timeZone: string): string {
  if (timeZone.startsWith("Etc/")) return timeZone;
  return timeZone.slice(timeZone.lastIndexOf("/") + 1).replaceAll("_", " ");
}

/** The time of day in another zone, with the weekday where that is another one than here. */
export function timeThere(at: string, timeZone: string): string {
  const there = inZone(at, timeZone);
  if (there === undefined) return timeZone;
  const [, day = "", time = there] = /^(\S+) (\S+)/.exec(there) ?? [];
  return `${weekdayTime(at).startsWith(day) ? "" : `${day} `}${time} ${cityOf(timeZone)}`;
}

/** Whether clocks of this zone show what the viewer's clock shows. */
export function isHere(timeZone: string, nowMs = Date.now()): boolean {
  try {
    const time = (zone?: string) =>
      new Date(nowMs).toLocaleString("en", zone === undefined ? {} : { timeZone: zone });
    return time(timeZone) === time();
  } catch {
    return false;
  }
}

/** The same instant where the job's clocks are; undefined for a zone that the browser does not know. */
export function inZone(at: string, timeZone: string): string | undefined {
  try {
    const zoned = {
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZone,
    } as const;
    return `${new Intl.DateTimeFormat(undefined, zoned).format(new Date(at))} ${timeZone}`;
  } catch {
    return undefined;
  }
}

/** What moves a file's bytes: `source-pasv`, `relay`, `download`; undefined: nothing yet. */
export function methodLabel({
  by,
  method,
  local,
}: Pick<FileInFlightView, "by" | "method" | "local">): string | undefined {
  if (by !== "relay" || local === undefined) return method ?? by;
  return { source: "upload", target: "download", both: "local copy" }[local];
}
