import { posix } from "node:path";
import type { ImportedPlace } from "../imported.ts";

/** A path from a directory on a server; empty is the login directory. */
export function joined(directory: string, path: string): string {
  if (path === "~" || path.startsWith("~/")) return path.slice(2);
  const whole = path.startsWith("/") ? posix.normalize(path) : posix.join(directory, path);
  return whole === "." ? "" : whole.length > 1 ? whole.replace(/\/$/, "") : whole;
}

/** The last name of a path or a URL; empty where it ends with a slash, or is none. */
export function basename(path: string | undefined): string {
  const name = /([^/]*)$/.exec(path ?? "")?.[1] ?? "";
  return /^(\.{0,2}|~)$/.test(name) || /^[a-z]+:\/\/[^/]*$/i.test(path ?? "") ? "" : name;
}

export function join(directory: string, name: string): string {
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

export function inDirectory(place: ImportedPlace): ImportedPlace {
  return /(^|\/)$/.test(place.path) ? place : { ...place, path: `${place.path}/` };
}

export function escapedPlace(place: ImportedPlace): ImportedPlace {
  return { ...place, path: place.path.replace(/[*?[\]{}\\]/g, "\\$&") };
}

/** Braces are no wildcards in lftp's globs. */
export function unescaped(place: ImportedPlace): ImportedPlace {
  return { ...place, path: place.path.replace(/[{}]/g, "\\$&") };
}
