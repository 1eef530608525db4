import { statSync } from "node:fs";
import { dirname } from "node:path";
import { encodeText } from "./octets.ts";
import { errnoOf, reasonOf } from "./system-error.ts";

/** The reason of an error about a path on this machine; a file where a directory would have to be is named. */
export function reasonAt(path: string, error: unknown): string {
  const errno = errnoOf(error);
  const isInTheWay = errno === "ENOTDIR" || (errno === "EEXIST" && isOfMkdir(error));
  const file = isInTheWay ? fileAt(path) : undefined;
  if (file === undefined) return reasonOf(error);
  return `${file === path ? "" : `${file} `}is a file, not a directory (${errno})`;
}

/** The file that has a path, or the part of it that is one; undefined where there is none. */
export function fileAt(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    try {
      return statSync(encodeText(at)).isFile() ? at : undefined;
    } catch {
      // It is not there, or cannot be looked at; what is above it may be.
    }
    if (at === dirname(at)) return undefined;
  }
}

function isOfMkdir(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && error.syscall === "mkdir";
}
