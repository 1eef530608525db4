/** A local time, in milliseconds as if it were UTC: 1970-01-01 02:30 anywhere is 9,000,000. */
export type Wall = number;

/** No zone is further from UTC than this, and none is moved twice within it. */
const FAR_MS = 15 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for a zone that does not exist */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const day = { year: "numeric", month: "numeric", day: "numeric" } as const;
  const time = { hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" } as const;
  const made = new Intl.DateTimeFormat("en-US", { timeZone: zone, ...day, ...time });
  formats.set(zone, made);
  return made;
}

/** Whether a name of the IANA database, such as Europe/Berlin, is known here. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** What clocks show at an instant. */
export function wallOf(zone: string, instantMs: number): Wall {
  const text = formatOf(zone).format(instantMs); // 10/25/2026, 02:30:00: three times as fast as in parts
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] =
    text.match(/\d+/g)?.map(Number) ?? [];
  const subsecond = ((instantMs % 1_000) + 1_000) % 1_000;
  return Date.UTC(year, month - 1, day, hour, minute, second, subsecond);
}

/** How far clocks are ahead of UTC. */
export function offsetAt(zone: string, instantMs: number): number {
  return wallOf(zone, instantMs) - instantMs;
}

/**
 * The first instant at which clocks show a local time. Where they never do, since they are put forward past it:
 * the instant at which that happens, the next one that exists.
 */
export function instantOf(zone: string, wall: Wall): number {
  const [early, late] = [wall - FAR_MS, wall + FAR_MS];
  const [before, after] = [offsetAt(zone, early), offsetAt(zone, late)];
  if (before === after) return wall - before;
  const moved = changeBetween(zone, early, late);
  return wall - before < moved ? wall - before : Math.max(wall - after, moved);
}

/** The instant between two, to the second, from which on clocks are as far from UTC as at the later one. */
export function changeBetween(zone: string, earlyMs: number, lateMs: number): number {
  const offset = offsetAt(zone, lateMs);
  let [early, late] = [Math.floor(earlyMs / 1_000), Math.floor(lateMs / 1_000)];
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (offsetAt(zone, middle * 1_000) === offset) late = middle;
    else early = middle;
  }
  return late * 1_000;
}
