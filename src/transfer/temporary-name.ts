import { createHash } from "node:crypto";
import { joinPath, parentOf } from "../ftp/pathname.ts";

/** What every name begins with that is ours and not final. */
export const TEMPORARY_PREFIX = ".fxpd-";

/**
 * The name beside a target that octets go to until they are verified. It is short whatever the target is
 * called, says by its first half which copy it belongs to, and by `nonce` which try: two that run at once do
 * not write into each other's file.
 */
export function temporaryPath(source: string, target: string, nonce: string): string {
  const key = createHash("sha256").update(`${source}\n${target}`).digest("hex").slice(0, 16);
  return joinPath(parentOf(target), `${TEMPORARY_PREFIX}${key}-${nonce}.part`);
}

/** Where the old file waits while the new one takes its name. */
export function asideName(temporary: string): string {
  return temporary.replace(/\.part$/, ".old");
}
