import type { ListedTime } from "../../ftp/listing/entry.ts";

const STEP_MS = { second: 1_000, minute: 60_000, day: 86_400_000 } as const;
/** Zones differ by whole quarters of an hour, and by no more than 14 hours. */
const QUARTER_MS = 900_000;
const FARTHEST_MS = 14 * 3_600_000;

/** How far a server's listings are ahead of UTC, in milliseconds, as far as that was found out. */
export type Zone = number;

/** The second, minute or day that a listed time stands for, from and to in UTC, as far as the zone is known. */
function spanOf({ atMs, precision, zone, listedMs }: ListedTime, ahead: Zone): readonly [number, number] {
  const stepMs = STEP_MS[precision];
  // A day begins at midnight in the zone in which it is given.
  const isMidnight = precision === "day" && listedMs !== undefined;
  const from = (isMidnight ? atMs : Math.floor(atMs / stepMs) * stepMs) - (zone === "utc" ? 0 : ahead);
  return [from, from + stepMs];
}

/** The end of the second, minute or day that a listed time stands for, as if it were in UTC. */
export function endOf(time: ListedTime): number {
  return spanOf(time, 0)[1];
}

/** Whether two times are the same, compared as exactly as the less exact of the two is: one lies within the other. */
export function isSameTime(one: ListedTime, two: ListedTime, oneZone: Zone, twoZone: Zone): boolean {
  const [[from, to], [begin, end]] = [spanOf(one, oneZone), spanOf(two, twoZone)];
  return (from <= begin && end <= to) || (begin <= from && to <= end);
}

/** Whether one time is later than another, and not the same. */
export function isLater(one: ListedTime, two: ListedTime, oneZone: Zone, twoZone: Zone): boolean {
  return !isSameTime(one, two, oneZone, twoZone) && spanOf(one, oneZone)[0] > spanOf(two, twoZone)[0];
}

export function isExact({ precision, zone }: ListedTime): boolean {
  return precision === "second" && zone === "utc";
}

/** How a server's listings differ from UTC, by one file's listed and exact time; undefined where that cannot be known. */
export function zoneBetween(listed: ListedTime, exact: ListedTime): Zone | undefined {
  if (listed.zone === "utc" || listed.precision === "day" || !isExact(exact)) return undefined;
  const stepMs = STEP_MS[listed.precision];
  const ahead = listed.atMs - Math.floor(exact.atMs / stepMs) * stepMs;
  return ahead % QUARTER_MS === 0 && Math.abs(ahead) <= FARTHEST_MS ? ahead : undefined;
}

/** Whether two times in unknown zones may be the same. */
export function mayBeZone(one: ListedTime, two: ListedTime): boolean {
  const unknown = [one, two].filter(({ zone }) => zone === "unknown").length;
  if (unknown === 0) return false;
  const stepMs = Math.max(STEP_MS[one.precision], STEP_MS[two.precision]);
  const apartMs = Math.abs(Math.floor(one.atMs / stepMs) - Math.floor(two.atMs / stepMs)) * stepMs;
  const mostMs = unknown * FARTHEST_MS;
  // The end of one day and the beginning of the next may be a moment away from each other.
  return stepMs === STEP_MS.day ? apartMs - stepMs < mostMs : apartMs % QUARTER_MS === 0 && apartMs <= mostMs;
}
