import type { ListedTime } from "../ftp/listing/entry.ts";

const STEP_MS = { second: 1_000, minute: 60_000, day: 86_400_000 } as const;
/** Zones differ by whole quarters of an hour, and by no more than 14 hours. */
const QUARTER_MS = 900_000;
const FARTHEST_MS = 14 * 3_600_000;

/** How far a server's listings are ahead of UTC, in milliseconds, as far as that was found out. */
export type Zone = number;

/** A listed time in UTC, as far as the zone is known. */
export function inUtc(time: ListedTime, zone: Zone): number {
  return time.zone === "utc" ? time.atMs : time.atMs - zone;
}

/** Whether two times are the same, compared as exactly as the less exact of the two is. */
export function isSameTime(one: ListedTime, two: ListedTime, oneZone: Zone, twoZone: Zone): boolean {
  const stepMs = Math.max(STEP_MS[one.precision], STEP_MS[two.precision]);
  return Math.floor(inUtc(one, oneZone) / stepMs) === Math.floor(inUtc(two, twoZone) / stepMs);
}

/** Whether one time is later than another, by more than the less exact of the two can tell. */
export function isLater(one: ListedTime, two: ListedTime, oneZone: Zone, twoZone: Zone): boolean {
  const stepMs = Math.max(STEP_MS[one.precision], STEP_MS[two.precision]);
  return inUtc(one, oneZone) - inUtc(two, twoZone) >= stepMs;
}

export function isExact({ precision, zone }: ListedTime): boolean {
  return precision === "second" && zone === "utc";
}

/** How a server's listings differ from UTC, by one file's listed and exact time; undefined where that cannot be told. */
export function zoneBetween(listed: ListedTime, exact: ListedTime): Zone | undefined {
  if (listed.zone === "utc" || listed.precision === "day" || !isExact(exact)) return undefined;
  const stepMs = STEP_MS[listed.precision];
  const ahead = listed.atMs - Math.floor(exact.atMs / stepMs) * stepMs;
  return ahead % QUARTER_MS === 0 && Math.abs(ahead) <= FARTHEST_MS ? ahead : undefined;
}

/** Whether two times may be one, told in zones that are not known. */
export function mayBeZone(one: ListedTime, two: ListedTime): boolean {
  if (one.zone === "utc" && two.zone === "utc") return false;
  const stepMs = Math.max(STEP_MS[one.precision], STEP_MS[two.precision]);
  const apartMs = Math.abs(Math.floor(one.atMs / stepMs) - Math.floor(two.atMs / stepMs)) * stepMs;
  return stepMs === STEP_MS.day ? apartMs <= stepMs : apartMs % QUARTER_MS === 0 && apartMs <= FARTHEST_MS;
}
