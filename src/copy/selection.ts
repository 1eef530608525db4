import type { ListedTime } from "../ftp/listing/entry.ts";
import { isDate } from "../ftp/time-val.ts";
import { ConfigError } from "../shared/errors.ts";
import { parseDuration } from "../shared/units.ts";
import type { FileFacts } from "../transfer/sides/side.ts";

/** A point in time: so long before whatever is now, or a date. Both in milliseconds, a date since 1970. */
type Moment = { readonly agoMs: number } | { readonly atMs: number };

/** What files are asked for, in the words of a job. */
export interface SelectionLimits {
  readonly newerThan?: Moment | undefined;
  readonly olderThan?: Moment | undefined;
  /** Bytes. */
  readonly minSize?: number | undefined;
  readonly maxSize?: number | undefined;
}

/** Files modified after one instant and before another, of a size between two. Absent: no limit. */
interface Selection {
  /** Milliseconds since 1970. */
  readonly newerThanMs?: number;
  readonly olderThanMs?: number;
  /** The least and the most, both wanted. */
  readonly minSizeBytes?: number;
  readonly maxSizeBytes?: number;
}

/**
 * The limits as of now, which is in milliseconds since 1970.
 * @throws ConfigError for limits that leave nothing between them
 */
export function selectionOf(limits: SelectionLimits, nowMs: number): Selection {
  const instantOf = (moment: Moment) => ("atMs" in moment ? moment.atMs : nowMs - moment.agoMs);
  const { newerThan, olderThan, minSize, maxSize } = limits;
  if (minSize !== undefined && maxSize !== undefined && minSize > maxSize) {
    throw new ConfigError(
      `the minimum size ${minSize} is greater than the maximum size ${maxSize}: no file can match`,
    );
  }
  const selection = {
    ...(newerThan === undefined ? {} : { newerThanMs: instantOf(newerThan) }),
    ...(olderThan === undefined ? {} : { olderThanMs: instantOf(olderThan) }),
    ...(minSize === undefined ? {} : { minSizeBytes: minSize }),
    ...(maxSize === undefined ? {} : { maxSizeBytes: maxSize }),
  };
  const { newerThanMs = Number.NEGATIVE_INFINITY, olderThanMs = Number.POSITIVE_INFINITY } = selection;
  if (newerThanMs < olderThanMs) return selection;
  throw new ConfigError(
    `no file can be both newer than ${shown(newerThanMs)} and older than ${shown(olderThanMs)}`,
  );
}

/**
 * Why a file is left out; undefined where it is wanted. What is not known leaves no file out: neither a size
 * nor a time that the server did not tell, nor a time that only may lie beyond a limit, because it is exact to
 * the minute or the day, or its zone is not known.
 */
export function refusalOfFile(facts: Omit<FileFacts, "kind">, selection: Selection): string | undefined {
  return refusalOfSize(facts.sizeBytes, selection) ?? refusalOfTime(facts.modified, selection);
}

function refusalOfSize(
  size: number | undefined,
  { minSizeBytes, maxSizeBytes }: Selection,
): string | undefined {
  if (size === undefined) return undefined;
  if (minSizeBytes !== undefined && size < minSizeBytes)
    return `${size} bytes, below the minimum of ${minSizeBytes}`;
  if (maxSizeBytes !== undefined && size > maxSizeBytes)
    return `${size} bytes, above the maximum of ${maxSizeBytes}`;
  return undefined;
}

function refusalOfTime(
  time: ListedTime | undefined,
  { newerThanMs, olderThanMs }: Selection,
): string | undefined {
  if (time === undefined) return undefined;
  const slackMs = time.zone === "utc" ? 0 : FARTHEST_ZONE_MS;
  const earliestMs = time.atMs - slackMs;
  /** It is before this one. */
  const endMs = time.atMs + STEP_MS[time.precision] + slackMs;
  if (newerThanMs !== undefined && endMs <= newerThanMs)
    return `modified ${shown(time.atMs)}, not after ${shown(newerThanMs)}`;
  if (olderThanMs !== undefined && earliestMs >= olderThanMs)
    return `modified ${shown(time.atMs)}, not before ${shown(olderThanMs)}`;
  return undefined;
}

const STEP_MS = { second: 1_000, minute: 60_000, day: 86_400_000 } as const;
/** UTC+14 is the zone farthest from UTC. */
const FARTHEST_ZONE_MS = 14 * 3_600_000;

function shown(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? "the beginning of time" : date.toISOString();
}

/**
 * An age such as `7d` or `36h`, or a date or time such as `2026-01-31`, `2026-01-31T12:30Z`,
 * `2026-01-31T12:30:00+01:00`; without a zone it is UTC.
 * @throws ConfigError
 */
export function parseMoment(text: string): Moment {
  if (/^(\d+(ms|[smhd]))+$/.test(text)) return { agoMs: parseDuration(text) };
  const [, date, clock, zone] = INSTANT.exec(text) ?? [];
  const [year = 0, month = 0, day = 0] = (date ?? "").split("-").map(Number);
  const atMs = isDate(year, month, day)
    ? Date.parse(`${date}T${clock ?? "00:00"}${zone ?? "Z"}`)
    : Number.NaN;
  if (!Number.isNaN(atMs)) return { atMs };
  throw new ConfigError(
    `"${text}" is neither an age nor a date; expected one such as 7d, 36h, 2026-01-31 or 2026-01-31T12:30Z`,
  );
}

const INSTANT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;
