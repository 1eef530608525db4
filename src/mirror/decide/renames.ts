import type { Extra } from "./extras.ts";
import type { PlannedCopy } from "./plan.ts";
import { isExact } from "./times.ts";

/** A file that the target has under a name it no longer has at the source. */
export interface Renamed {
  readonly from: Extra;
  readonly to: PlannedCopy;
}

/**
 * Files that vanished at the source and files that appeared there, equal in size and exact time, each used once.
 * Where several are equal nothing tells which is which, and none of them is taken.
 */
export function findRenames(
  appeared: readonly PlannedCopy[],
  vanished: readonly Extra[],
): readonly Renamed[] {
  const [news, olds] = [byLooks(appeared), byLooks(vanished)];
  return [...news].flatMap(([looks, ours]) => {
    const [to, from] = [ours[0], olds.get(looks)?.[0]];
    if (to === undefined || from === undefined || ours.length > 1 || olds.get(looks)?.length !== 1) return [];
    return [{ from, to }];
  });
}

function byLooks<T extends PlannedCopy | Extra>(files: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, [T, ...T[]]>();
  for (const file of files) {
    const { kind, sizeBytes, modified } = file.facts;
    // Empty files are all alike.
    if (kind !== "file" || !sizeBytes || modified === undefined || !isExact(modified)) continue;
    const looks = `${sizeBytes} ${Math.floor(modified.atMs / 1_000)}`;
    const alike = found.get(looks);
    if (alike === undefined) found.set(looks, [file]);
    else alike.push(file);
  }
  return found;
}
