import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Spool, Surveyed } from "../mirror/scan/listings/listing-cache.ts";
import { readText } from "./directory.ts";
import { hexDigest } from "../shared/hex-digest.ts";

/** Listings in files of their own, one for each directory, below `$TMPDIR`; all are deleted with the scope. */
export function fileSpool(): Spool & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "fxpd-scan-"));
  const fileOf = (key: string) => join(folder, digestOf(key));
  return {
    read: (key) => {
      const text = readText(fileOf(key));
      return text === undefined ? undefined : (JSON.parse(text) as Surveyed);
    },
    write: (key, surveyed) => writeFileSync(fileOf(key), JSON.stringify(surveyed), { mode: 0o600 }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Of the key's JSON: in UTF-8, names that are no text would all be the same. */
function digestOf(key: string): string {
  return hexDigest(JSON.stringify(key), 32);
}
