import { joinPath, nameOf } from "../../ftp/pathname.ts";
import {
  segmentedPath,
  TEMPORARY_PREFIX,
  temporaryPath,
  transferKey,
} from "../../transfer/publish/temporary-name.ts";
import type { Side } from "../../transfer/sides/side.ts";
import type { ScanResult } from "../contract.ts";
import type { DirectoryListing } from "../decide/tree.ts";

/** What becomes of partial files that belong to a name which neither side has: whoever began them copies it no more. */
export function withDeadLeftovers(
  found: ScanResult[],
  directory: string,
  source: DirectoryListing,
  target: DirectoryListing,
  { side, at, owner }: { readonly side: Side; readonly at: (path: string) => string; readonly owner: string },
): ScanResult[] {
  const isKnown = (listing: DirectoryListing) => listing.kind === "absent" || listing.unread === undefined;
  if (target.kind !== "listed" || !isKnown(source) || !isKnown(target)) return found;
  const dead = new Map<string, string>();
  for (const { name, kind } of target.entries) {
    const key = kind === "file" ? partialKeyOf(name, owner) : undefined;
    if (key !== undefined) dead.set(joinPath(directory, name), key);
  }
  if (dead.size === 0) return found;
  const wanted = source.kind === "listed" ? source.entries : [];
  const keys = new Set(
    wanted.map(({ name }) => transferKey(side.locate(at(joinPath(directory, name)))).slice(0, 16)),
  );
  for (const [path, key] of dead) if (keys.has(key)) dead.delete(path);
  const isDead = (one: ScanResult) => one.step === "leave" && dead.has(one.path);
  const gone = [...dead].map(([path, key]): ScanResult => ({ step: "dead-leftover", path, key }));
  return [...found.filter((one) => !isDead(one)), ...gone];
}

function partialKeyOf(name: string, owner: string): string | undefined {
  const [, key, whose] = /^\.fxpd-([0-9a-f]{16})-([0-9a-z]+)\.(?:part|seg)$/.exec(name) ?? [];
  return whose === owner ? key : undefined;
}

/**
 * Names at each file that is kept the partial file that lies beside it: a copy of it was interrupted after another one
 * had come to its end, and nobody goes on with it.
 * @param at the pathname at the target of what is called so below the root
 * @param owner whose partial files are looked for
 */
export function withLeftovers(
  found: ScanResult[],
  target: DirectoryListing,
  side: Side | undefined,
  at: (path: string) => string,
  owner: string | undefined,
): ScanResult[] {
  if (target.kind !== "listed" || side === undefined || owner === undefined) return found;
  const endings = [`-${owner}.part`, `-${owner}.seg`];
  const isOurs = (name: string) =>
    name.startsWith(TEMPORARY_PREFIX) && endings.some((ending) => name.endsWith(ending));
  const partials = new Set(target.entries.map(({ name }) => name).filter(isOurs));
  if (partials.size === 0) return found;
  return found.map((one) => {
    if (one.step !== "keep") return one;
    const path = at(one.file.path);
    const temporary = temporaryPath(path, transferKey(side.locate(path)), owner);
    const leftover = [temporary, segmentedPath(temporary)].find((partial) => partials.has(nameOf(partial)));
    return leftover === undefined ? one : { ...one, leftover };
  });
}
