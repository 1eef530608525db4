import type { ListingEntry } from "../../../../src/ftp/listing/entry.ts";
import { createListingReader } from "../../../../src/ftp/listing/list.ts";

export const NOW_MS = Date.UTC(2026, 10, 21, 4, 32);

/** All that a reader says of these bytes, and what it throws. */
export function readAll(chunks: readonly Uint8Array[], format: "mlsd" | "list", nowMs = NOW_MS) {
  const reader = createListingReader({ nowMs, format });
  const entries: ListingEntry[] = [];
  let error: unknown;
  try {
    for (const chunk of chunks) for (const entry of reader.push(Buffer.from(chunk))) entries.push(entry);
    for (const entry of reader.end()) entries.push(entry);
  } catch (thrown) {
    error = thrown;
  }
  return { entries, error, misread: reader.misread, skipped: reader.skipped, sawDots: reader.sawDots };
}
