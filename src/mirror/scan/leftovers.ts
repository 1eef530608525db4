import { nameOf } from "../../ftp/pathname.ts";
import { TEMPORARY_PREFIX, temporaryPath, transferKey } from "../../transfer/publish/temporary-name.ts";
import type { Side } from "../../transfer/sides/side.ts";
import type { Found } from "../contract.ts";
import type { Listing } from "../decide/tree.ts";

/**
 * Names at each file that is kept the partial file that stands beside it: a copy of it was interrupted after another one
 * had come to its end, and nobody goes on with it.
 * @param at the pathname at the target of what is called so below the root
 * @param owner whose partial files are looked for
 */
export function withLeftovers(
  found: Found[],
  target: Listing,
  side: Side | undefined,
  at: (path: string) => string,
  owner: string | undefined,
): Found[] {
  if (target.kind !== "listed" || side === undefined || owner === undefined) return found;
  const isOurs = (name: string) => name.startsWith(TEMPORARY_PREFIX) && name.endsWith(`-${owner}.part`);
  const partials = new Set(target.entries.map(({ name }) => name).filter(isOurs));
  if (partials.size === 0) return found;
  return found.map((one) => {
    if (one.step !== "keep") return one;
    const path = at(one.file.path);
    const partial = temporaryPath(path, transferKey(side.locate(path)), owner);
    return partials.has(nameOf(partial)) ? { ...one, leftover: partial } : one;
  });
}
