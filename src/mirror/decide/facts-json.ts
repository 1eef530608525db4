import { isoTime } from "../../shared/iso-time.ts";
import type { ListedTime } from "../../ftp/listing/entry.ts";
import type { EntryKind } from "../../ftp/listing/entry.ts";
import type { FileFacts } from "../../transfer/sides/side.ts";

/** What is known of one object, and where it leads if it is a symbolic link. */
export interface LinkedFacts extends FileFacts {
  readonly linkTarget?: string;
}

/** The same, as programs read it; what is not known is absent. */
export interface FactsJson {
  readonly kind: EntryKind;
  /** Bytes. */
  readonly size?: number;
  /** As of {@link formatListedTime}. */
  readonly modified?: string;
  /** Where a symbolic link leads, as that is written. */
  readonly to?: string;
}

export function factsJson({ kind, sizeBytes, modified, linkTarget }: LinkedFacts): FactsJson {
  const time = modified && formatListedTime(modified);
  return {
    kind,
    ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
    ...(time === undefined ? {} : { modified: time }),
    ...(linkTarget === undefined ? {} : { to: linkTarget }),
  };
}

export function factsFromJson({ kind, size, modified, to }: FactsJson): LinkedFacts {
  const time = modified === undefined ? undefined : parseListedTime(modified);
  return {
    kind,
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(time === undefined ? {} : { modified: time }),
    ...(to === undefined ? {} : { linkTarget: to }),
  };
}

/**
 * A time as text: ISO 8601, as exact as it was listed (`2026-01-31`, `2026-01-31T12:30`), with a `Z` where it is
 * UTC and not a server's own local time. Undefined for a time that no calendar has.
 */
export function formatListedTime({ atMs, precision: given, zone, listedMs }: ListedTime): string | undefined {
  // A day that begins at another midnight than that of UTC is written as the minute at which it begins.
  const precision = given === "day" && listedMs !== undefined ? "minute" : given;
  if (Number.isNaN(new Date(atMs).getTime())) return undefined;
  const iso = isoTime(atMs);
  const exact = {
    day: iso.replace(/T.*$/, ""),
    minute: iso.replace(/:\d\d\.\d{3}Z$/, ""),
    second: iso.replace(/(\.000)?Z$/, ""),
  };
  return `${exact[precision]}${zone === "utc" ? "Z" : ""}`;
}

/** What {@link formatListedTime} wrote; undefined for any other text. */
export function parseListedTime(text: string): ListedTime | undefined {
  const [, day, minute, second, utc] = TIME.exec(text) ?? [];
  const atMs = Date.parse(`${day}${minute ?? "T00:00"}${second ?? ":00"}Z`);
  if (Number.isNaN(atMs)) return undefined;
  const precision = second !== undefined ? "second" : minute !== undefined ? "minute" : "day";
  return { atMs, precision, zone: utc === "Z" ? "utc" : "unknown" };
}

const TIME = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)(?:(T\d\d:\d\d)(:\d\d(?:\.\d{3})?)?)?(Z?)$/;
