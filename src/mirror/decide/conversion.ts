import type { ListingEntry } from "../../ftp/listing/entry.ts";
import { joinPath } from "../../ftp/pathname.ts";
import { hasStrayBytes } from "../../shared/octets.ts";
import { faultOfListed, type Rules, type PlanStep } from "./plan.ts";
import type { ListedDirectory } from "./tree.ts";

/** Why a name of one side cannot be written on the other; undefined where it can. */
interface Conversions {
  readonly toTarget: (name: string) => string | undefined;
  readonly toSource: (name: string) => string | undefined;
}

/** Two listings without the names that have no counterpart on the other side, and what becomes of those. */
export interface Converted {
  readonly source: ListedDirectory;
  readonly target: ListedDirectory;
  readonly found: readonly Extract<PlanStep, { step: "fault" | "leave" }>[];
}

/**
 * What cannot be converted is a failure at the source, unless a rule leaves it out, and stays at the target: the source
 * cannot be asked for it, so nothing says that it is not there.
 */
export function convertible(
  path: string,
  source: ListedDirectory,
  target: ListedDirectory,
  rules: Rules,
  { toTarget, toSource }: Conversions,
): Converted {
  const found: Converted["found"][number][] = [];
  const atSource = (entry: ListingEntry): boolean => {
    const { name, linkTarget } = entry;
    const because =
      toTarget(name) ??
      (rules.links === "copy" && entry.kind === "link" ? toTarget(linkTarget ?? "") : undefined);
    if (because === undefined) return true;
    const below = joinPath(path, name);
    const ruled = rules.leaves(below, entry);
    const fault = faultOfListed(below, entry, rules);
    if (fault !== undefined) found.push(fault);
    else if (ruled !== undefined)
      found.push({ step: "leave", path: below, because: ruled, isAtSource: true });
    // A name that says nothing may be any of those that the target has.
    const isRefusedName = hasStrayBytes(name) ? {} : { isRefusedName: true as const };
    if (ruled === undefined) found.push({ step: "fault", path: below, because, ...isRefusedName });
    return false;
  };
  const atTarget = ({ name }: ListingEntry): boolean => {
    const because = toSource(name);
    if (because === undefined) return true;
    found.push({ step: "leave", path: joinPath(path, name), because, isAtSource: false });
    return false;
  };
  return { source: kept(source, atSource), target: kept(target, atTarget), found };
}

function kept(listing: ListedDirectory, isKept: (entry: ListingEntry) => boolean): ListedDirectory {
  const entries = listing.entries.filter(isKept);
  return entries.length === listing.entries.length ? listing : { ...listing, entries };
}
