import { posix } from "node:path";
import { parsePattern } from "../../copy/glob.ts";
import { isAbsolute } from "../../ftp/pathname.ts";
import { formatLocation, type Location, parseLocation } from "./location.ts";

interface Overlap {
  /** Which of the targets. */
  readonly index: number;
  readonly message: string;
}

/**
 * Targets that are one with one before them, or lie in it or around it, as far as their names tell: what is meant
 * from a login directory and what is not are distinguished only by the server.
 */
export function overlapsOf(targets: readonly string[]): readonly Overlap[] {
  const spots = targets.map((text) => spotOf(parseLocation(text)));
  return spots.flatMap((spot, index) => {
    const other = spots.slice(0, index).find((before) => isAround(before, spot));
    if (other === undefined) return [];
    const is = other.shown;
    const deeper = spot.names.length - other.names.length;
    const how = deeper === 0 ? `is the same as ${is}` : deeper > 0 ? `is inside ${is}` : `contains ${is}`;
    return [{ index, message: `${how}; targets must not overlap` }];
  });
}

/** A directory by its names from the outside inwards. */
interface Spot {
  readonly shown: string;
  /** Equal where paths can be compared. */
  readonly base: string;
  readonly names: readonly string[];
}

function spotOf(location: Location): Spot {
  const pattern = parsePattern(location.path);
  // A target has no wildcards.
  const path = pattern.kind === "path" ? pattern.path : location.path;
  const names = posix.normalize(path).split("/");
  return {
    shown: formatLocation(location),
    base: `${serverOf(location)} ${isAbsolute(path) ? "/" : "."}`,
    names: names.filter((name) => name !== "" && name !== "."),
  };
}

function serverOf(location: Location): string {
  if (location.kind === "local") return "local";
  if (location.kind === "host") return `host ${location.host}`;
  const { user = "", address, port = "" } = location;
  return `url ${user}@${address}:${port}`;
}

/** Whether one is the other, or lies in it or around it. */
function isAround(one: Spot, other: Spot): boolean {
  if (one.base !== other.base) return false;
  const [outer, inner] = one.names.length <= other.names.length ? [one, other] : [other, one];
  // What lies above where a path begins has names that are not known.
  if (inner.names[outer.names.length] === "..") return false;
  return outer.names.every((name, index) => name === inner.names[index]);
}
