import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { IndexStore } from "../mirror/index/directory-index.ts";
import { writeWhole } from "./directory.ts";
import { hexDigest } from "../shared/hex-digest.ts";

/** The index of one mirror, in a file of its own, which is always replaced as a whole. @param key of the mirror */
export function fileIndex(directory: string, key: string): IndexStore {
  const folder = join(directory, "index");
  const file = join(folder, hexDigest(JSON.stringify(key), 32));
  return {
    read: async () => (existsSync(file) ? readFileSync(file) : undefined),
    write: async (bytes) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeWhole(file, bytes);
    },
  };
}
