import { createHash } from "node:crypto";

/** The SHA-256 of a text in hexadecimal digits, or so many of them: a name for what has none that is short. */
export function hexDigest(text: string, digits = 64): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
