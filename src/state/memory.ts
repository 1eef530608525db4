import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Memory } from "../transfer/memory.ts";
import { writeWhole } from "./directory.ts";

/** Keeps each value in a file of its own, so that many processes can remember at once. */
export function fileMemory(directory: string): Memory {
  const folder = join(directory, "memory");
  const fileOf = (key: string) =>
    join(folder, `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`);
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
  };
}
