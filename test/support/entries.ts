import fc from "fast-check";
import type { EntryKind, ListingEntry } from "../../src/ftp/listing/entry.ts";
import { inOrder } from "../../src/mirror/decide/tree.ts";

/** Few names, so that both sides have them; among them some that sort oddly. */
export const name = fc.constantFrom("a", "b", "ab", "B", "é", "𐀀", "\uffff", " x", "-r", "z.tmp");

export const kind = fc.constantFrom<EntryKind>("file", "directory", "link", "other", "unknown");

export const entry: fc.Arbitrary<ListingEntry> = fc.record(
  { name, kind, sizeBytes: fc.nat({ max: 3 }), linkTarget: fc.constantFrom("a", "b", "../c") },
  { requiredKeys: ["name", "kind"] },
);

/** Entries as a listing has them when it was looked through: by name, one of each. */
export const entries: fc.Arbitrary<readonly ListingEntry[]> = fc
  .uniqueArray(entry, { selector: ({ name }) => name, maxLength: 8 })
  .map((drawn) => inOrder([...drawn]));
