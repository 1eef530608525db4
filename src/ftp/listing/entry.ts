import { decodeText, encodeText } from "../../shared/octets.ts";

/** What a listing says an entry is. `other`: a device, socket or pipe; `unknown`: the server did not tell. */
export type EntryKind = "file" | "directory" | "link" | "other" | "unknown";

/**
 * A time as a listing gives it. `atMs` reads the fields as UTC; where `zone` is `unknown` they were the
 * server's own local time, so `atMs` may be wrong by the server's offset (at most 14 hours).
 */
export interface ListedTime {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** How exact it is: an `ls` line that shows a year instead of a time of day is exact to the day. */
  readonly precision: "second" | "minute" | "day";
  readonly zone: "utc" | "unknown";
  /** The fields as they were written, read as UTC, where the host's file says their zone: {@link atMs} is then exact. */
  readonly listedMs?: number;
}

/** One entry of a directory. What the server did not tell is absent, never zero. */
export interface ListingEntry {
  /** As listed, without a path; text as of `decodeText`, so that it can be sent back octet for octet. */
  readonly name: string;
  readonly kind: EntryKind;
  /** Octets, where the server gives the exact count. */
  readonly sizeBytes?: number;
  readonly modified?: ListedTime;
  /** Where a symbolic link points, as listed. */
  readonly linkTarget?: string;
  /** Whether it is known to lead out of the tree that is read, and is not followed therefore. */
  readonly leadsOut?: boolean;
  /** Unix permission bits, 0 … 0o7777. */
  readonly permissions?: number;
  readonly owner?: string;
  readonly group?: string;
  /** MLSD's `unique` fact: equal for the same object under two names (RFC 3659 §7.5.2). */
  readonly unique?: string;
}

type EntryFacts = Pick<ListingEntry, "name" | "kind"> & {
  readonly [Field in keyof ListingEntry]?: ListingEntry[Field] | undefined;
};

/** The entry with the fields that are known. It keeps no reference to the text of its line. */
export function entryOf(known: EntryFacts): ListingEntry {
  const entry: { -readonly [Field in keyof ListingEntry]: ListingEntry[Field] } = {
    name: ownCopy(known.name),
    kind: known.kind,
  };
  // Beyond 2^53 a number is not exact.
  if (known.sizeBytes !== undefined && Number.isSafeInteger(known.sizeBytes))
    entry.sizeBytes = known.sizeBytes;
  if (known.modified !== undefined) entry.modified = known.modified;
  if (known.linkTarget !== undefined) entry.linkTarget = ownCopy(known.linkTarget);
  if (known.permissions !== undefined) entry.permissions = known.permissions;
  if (known.owner !== undefined) entry.owner = ownCopy(known.owner);
  if (known.group !== undefined) entry.group = ownCopy(known.group);
  if (known.unique !== undefined) entry.unique = ownCopy(known.unique);
  return entry;
}

/** V8 keeps a long text alive for each piece of it; only pieces under 13 characters are copies already. */
function ownCopy(text: string): string {
  return text.length < 13 ? text : decodeText(encodeText(text));
}
