import { joinPath, nameOf, parentOf } from "../ftp/pathname.ts";
import type { Side } from "../transfer/sides/side.ts";
import { SelectionError } from "./errors.ts";

const MAX_NAMES = 10_000;

/** A name that is free, and not promised to another file of this run: `a.iso.1`, `a.iso.2`, … */
export async function freeName(
  side: Side,
  path: string,
  taken: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string> {
  for (let count = 1; count <= MAX_NAMES; count += 1) {
    const candidate = joinPath(parentOf(path), `${nameOf(path)}.${count}`);
    if (!taken.has(candidate) && (await side.facts(candidate, signal)) === undefined) return candidate;
  }
  throw new SelectionError(`${side.name}: ${path}: all ${MAX_NAMES} alternative names are taken`);
}
