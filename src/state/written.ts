import { appendFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { nameOf, parentOf } from "../ftp/pathname.ts";
import type { Written } from "../mirror/decide/judge.ts";
import type { WrittenMemory } from "../mirror/contract.ts";
import { readText, sweepAsides, writeWhole } from "./directory.ts";
import { FingerprintRow } from "./fingerprint.ts";
import { hexDigest } from "../shared/hex-digest.ts";
import { parseRows } from "./json-row.ts";

const Line = z.object({ name: z.string(), source: FingerprintRow, stored: FingerprintRow });

/** From so many lines on, and when so many of them are of the past, a file is written anew. */
const WORTH_REWRITING = 100;

/**
 * What one mirror has written to a target that keeps no times, in a file for each directory, so that a run has
 * only the directories in memory that it is looking at. Lines are appended; the last one of a name counts.
 */
export async function fileWritten(directory: string, key: string): Promise<WrittenMemory> {
  const folder = join(directory, "written", digestOf(key));
  const fileOf = (path: string) => join(folder, `${digestOf(path)}.jsonl`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  sweepAsides(folder);
  return {
    async recall(path) {
      const lines = parseRows(Line, readText(fileOf(path)) ?? "");
      const written = new Map<string, Written>();
      for (const { name, source, stored } of lines) written.set(name, { source, stored });
      if (lines.length > WORTH_REWRITING && lines.length > 2 * written.size)
        writeWhole(fileOf(path), textOf(written));
      return written;
    },
    note(path, one) {
      try {
        appendFileSync(fileOf(parentOf(path)), textOf(new Map([[nameOf(path), one]])), { mode: 0o600 });
      } catch {
        // What is not remembered is compared by size.
      }
    },
  };
}

/** Of the text's JSON: in UTF-8, names that are no text would all be the same. */
function digestOf(text: string): string {
  return hexDigest(JSON.stringify(text), 32);
}

function textOf(written: ReadonlyMap<string, Written>): string {
  return [...written].map(([name, one]) => `${JSON.stringify({ name, ...one })}\n`).join("");
}
