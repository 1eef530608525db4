import type { Reply } from "./reply.ts";

/** Pathnames are `/`-separated (TVFS, RFC 3659 §6); a relative one begins at the login directory. */

export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

/** One path below another; an absolute one stands for itself. */
export function joinPath(directory: string, path: string): string {
  if (isAbsolute(path) || directory === "") return path;
  if (path === "") return directory;
  return directory.endsWith("/") ? directory + path : `${directory}/${path}`;
}

/** What is before the last name: `/` for `/a`, the empty path (login directory) for `a`. */
export function parentOf(path: string): string {
  const bare = withoutSlash(path);
  const at = bare === "/" ? -1 : bare.lastIndexOf("/");
  return at === 0 ? "/" : path.slice(0, Math.max(at, 0));
}

/** The last name; empty for `/` and for the empty path. */
export function nameOf(path: string): string {
  const bare = withoutSlash(path);
  return bare.slice(bare.lastIndexOf("/") + 1);
}

/** Without slashes at its end, which few paths have; the root stays. */
export function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.replace(/(?<=.)\/+$/, "") : path;
}

/** Why a name from elsewhere cannot be used as one name in a directory; undefined if it can. */
export function refusalOfName(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return "is not a file name";
  if (name.includes("/")) return "leads out of the directory";
  if (/[\r\n\0]/.test(name)) return "contains CR, LF or NUL";
  return undefined;
}

/**
 * The pathname of a 257: quoted, inner quotes doubled (RFC 959 App. II). Where a server does not double them,
 * the pathname goes on to the last quote.
 */
export function parseQuotedPath(reply: Reply): string | undefined {
  const text = reply.lines[0] ?? "";
  const doubled = /^[^"]*"((?:[^"]|"")*)"(?:[^"\w]|$)/.exec(text)?.[1];
  return doubled?.replaceAll('""', '"') ?? /"(.*)"/.exec(text)?.[1];
}
