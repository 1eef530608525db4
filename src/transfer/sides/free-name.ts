import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import { RefusedError } from "../errors.ts";
import type { Side } from "./side.ts";

const MAX_NAMES = 10_000;

/**
 * A name that is free, and not promised to another file of this run: `a.iso`, `a.iso.1`, `a.iso.2`, …
 * @param first 0: the name itself is good, too; 1: it is not
 */
export async function freeName(
  side: Side,
  path: string,
  taken: ReadonlySet<string>,
  first: 0 | 1,
  signal: AbortSignal,
): Promise<string> {
  for (let count: number = first; count <= MAX_NAMES; count += 1) {
    const name = count === 0 ? nameOf(path) : `${nameOf(path)}.${count}`;
    const candidate = joinPath(parentOf(path), name);
    if (!taken.has(candidate) && (await side.facts(candidate, signal)) === undefined) return candidate;
  }
  throw new RefusedError(`${side.name}: ${path}: all ${MAX_NAMES} alternative names are taken`);
}
