import { readFileSync } from "node:fs";
import type { ListingEntry } from "../../../../src/ftp/listing/entry.ts";
import { createListingReader, type LeftOut } from "../../../../src/ftp/listing/list.ts";

/** When the fixtures were captured. */
export const NOW_MS = Date.UTC(2026, 10, 21, 4, 32);

export interface Listed {
  readonly entries: readonly ListingEntry[];
  readonly misread: LeftOut | undefined;
  readonly skipped?: LeftOut;
  readonly sawDots: boolean;
}

/** A whole listing at once. */
export function readListing(octets: Buffer | string, format: "mlsd" | "list" = "list"): Listed {
  const reader = createListingReader({ nowMs: NOW_MS, format });
  const entries = [...reader.push(Buffer.from(octets)), ...reader.end()];
  const { misread, skipped } = reader;
  return { entries, misread, ...(skipped === undefined ? {} : { skipped }), sawDots: reader.sawDots };
}

/** The only entry of a listing that is read without a doubt. */
export function readEntry(line: Buffer | string, format: "mlsd" | "list" = "list"): ListingEntry | undefined {
  const { entries, misread } = readListing(line, format);
  if (misread !== undefined) throw new Error(misread.first);
  return entries[0];
}

/** `<server>-<version>-<what>` as captured; `documented` in place of a version where we had no such server. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../../fixtures/listings/${name}.txt`, import.meta.url));
}
