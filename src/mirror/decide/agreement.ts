import { EffortError } from "../../copy/pattern/effort.ts";
import { joinPath } from "../../ftp/pathname.ts";
import type { Rules } from "./plan.ts";
import { type DirectoryListing, march, type Pairing } from "./tree.ts";

/**
 * Whether two listings of one directory show the same: names, kinds, and sizes of files. What a rule leaves out does
 * not count, nor what the target has alone where nobody looks at that. A listing that was cut, or is of another
 * directory, does not agree with the other side's but by chance.
 */
export function agree(
  source: DirectoryListing,
  target: DirectoryListing,
  rules: Rules,
  path: string,
  looksAtExtras: boolean,
): boolean {
  if (source.kind !== "listed" || target.kind !== "listed") return false;
  for (const pairing of march(source.entries, target.entries))
    if (!isSame(pairing) && !isLeft(pairing, rules, path, looksAtExtras)) return false;
  return true;
}

function isSame({ source, target }: Pairing): boolean {
  if (source === undefined || target === undefined || source.kind !== target.kind) return false;
  return source.kind !== "file" || source.sizeBytes === target.sizeBytes;
}

function isLeft(
  { name, source, target }: Pairing,
  rules: Rules,
  path: string,
  looksAtExtras: boolean,
): boolean {
  if (source === undefined && !looksAtExtras) return true;
  const entry = source ?? target;
  try {
    return entry !== undefined && rules.leaves(joinPath(path, name), entry) !== undefined;
  } catch (error) {
    if (error instanceof EffortError) return false;
    throw error;
  }
}
