import type { ListingEntry } from "./entry.ts";

/** A link's size is the length of what is written in it; few are longer. */
const LONGEST_LINK = 255;

/**
 * Whether what facts call a file may be a symbolic link: some servers tell the size, the time and the permissions of the
 * link itself there, and of its target where SIZE and MDTM ask. A link has all permissions and is short.
 */
export function mayBeLink({ kind, sizeBytes, permissions }: Omit<ListingEntry, "name">): boolean {
  return kind === "file" && permissions === 0o777 && sizeBytes !== undefined && sizeBytes <= LONGEST_LINK;
}
