import type { ListingEntry } from "../../ftp/listing/entry.ts";

/** Which permission bits a mirror copies. */
export interface PermissionsPolicy {
  /** Whether any are. */
  readonly permissions: boolean;
  /** Bits that are not, as umask(2) has them; absent: 0. */
  readonly permissionsMask?: number;
}

/** The bits that a file of the source is to have at the target; undefined where none are copied, or none are known. */
export function bitsFor(
  { permissions, permissionsMask = 0 }: PermissionsPolicy,
  source: Pick<ListingEntry, "permissions">,
): number | undefined {
  if (!permissions || source.permissions === undefined) return undefined;
  return source.permissions & ~permissionsMask;
}

/** The bits that the file at the target lacks, or has too many; undefined where they are as they should be, or not known. */
export function bitsToSet(
  policy: PermissionsPolicy,
  source: Pick<ListingEntry, "permissions">,
  target: Pick<ListingEntry, "permissions">,
): number | undefined {
  const bits = bitsFor(policy, source);
  return target.permissions === undefined || bits === target.permissions ? undefined : bits;
}
