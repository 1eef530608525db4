import { createHash, randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { mkdir, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Finished, Journal } from "../copy/journal.ts";
import { unless } from "./directory.ts";

const Stamp = z.object({ sizeBytes: z.number().optional(), modifiedMs: z.number().optional() });
const Line = z.object({ target: z.string(), source: Stamp, stored: Stamp });

/**
 * The journal of the copy that is known by this key, in files: each run appends to one of its own, and reads
 * those of the runs before it.
 */
export async function fileJournal(directory: string, key: string): Promise<Journal> {
  const folder = join(directory, "journals");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = createHash("sha256").update(key).digest("hex").slice(0, 32);
  const before = (await readdir(folder)).filter((one) => one.startsWith(`${name}-`));
  const finished = new Map<string, Finished>();
  for (const file of before)
    for (const one of await linesOf(join(folder, file))) finished.set(one.target, one);
  const own = `${name}-${randomBytes(4).toString("hex")}.jsonl`;
  let isBegun = false;
  return {
    finished: (target) => finished.get(target),
    note(one) {
      // Written before the next file is begun: the run may end at any moment.
      appendFileSync(join(folder, own), `${JSON.stringify(one)}\n`, { mode: 0o600 });
      isBegun = true;
    },
    async close(isDone) {
      if (!isDone) return;
      const all = [...before, ...(isBegun ? [own] : [])];
      await Promise.all(all.map((file) => unlink(join(folder, file)).catch(unless("ENOENT"))));
    },
  };
}

/** What was written whole; the last line may have been cut off. */
async function linesOf(file: string): Promise<readonly Finished[]> {
  const lines = (await readFile(file, "utf8").catch(unless("ENOENT")))?.split("\n") ?? [];
  return lines.flatMap((line) => {
    try {
      return [Line.parse(JSON.parse(line)) as Finished];
    } catch {
      return [];
    }
  });
}
