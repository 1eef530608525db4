import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LastingMemory } from "../transfer/memory.ts";
import { writeWhole } from "./directory.ts";
import { hexDigest } from "../shared/hex-digest.ts";

/** Keeps each value in a file of its own, so that many processes can remember at once. */
export function fileMemory(directory: string): LastingMemory {
  const folder = join(directory, "memory");
  const fileOf = (key: string) => join(folder, `${hexDigest(key, 32)}.json`);
  return {
    async recall(key) {
      try {
        const kept = JSON.parse(await readFile(fileOf(key), "utf8")) as { key?: unknown; value?: unknown };
        return kept.key === key ? kept.value : undefined;
      } catch {
        // Nothing remembered, or nothing that can be read: that is found out anew.
        return undefined;
      }
    },
    async remember(key, value) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      writeWhole(fileOf(key), `${JSON.stringify({ key, value })}\n`);
    },
    async entries() {
      const found: { key: string; value: unknown }[] = [];
      for (const file of await readdir(folder).catch(() => [])) {
        try {
          const kept = JSON.parse(await readFile(join(folder, file), "utf8")) as {
            key?: unknown;
            value?: unknown;
          };
          if (typeof kept.key === "string") found.push({ key: kept.key, value: kept.value });
        } catch {
          // Another process is writing it, or nobody can read it.
        }
      }
      return found;
    },
    async forget(key) {
      await rm(fileOf(key), { force: true });
    },
  };
}
