import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Finished, Journal } from "../batch/journal.ts";
import { messageOf } from "../shared/errors.ts";
import { deleteFile, readText } from "./directory.ts";

const Stamp = z.object({ sizeBytes: z.number().optional(), modifiedMs: z.number().optional() });
const Line = z.object({ target: z.string(), source: Stamp, stored: Stamp });

/**
 * The journal of the copy that is known by this key, in files: each run appends to one of its own, and reads
 * those of the runs before it.
 */
export async function fileJournal(directory: string, key: string): Promise<Journal> {
  const folder = join(directory, "journals");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = createHash("sha256").update(key).digest("hex").slice(0, 32);
  const before = readdirSync(folder).filter((one) => one.startsWith(`${name}-`));
  const finished = new Map<string, Finished>();
  for (const file of before) for (const one of linesOf(join(folder, file))) finished.set(one.target, one);
  const own = `${name}-${randomBytes(4).toString("hex")}.jsonl`;
  return new FileJournal(
    finished,
    before.map((file) => join(folder, file)),
    join(folder, own),
  );
}

class FileJournal implements Journal {
  readonly #finished: ReadonlyMap<string, Finished>;
  readonly #before: readonly string[];
  readonly #own: string;
  #isBegun = false;
  /** Whether our last line may be a part of one. */
  #isCutOff = false;
  #fault: string | undefined;

  constructor(finished: ReadonlyMap<string, Finished>, before: readonly string[], own: string) {
    this.#finished = finished;
    this.#before = before;
    this.#own = own;
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  finished(target: string): Finished | undefined {
    return this.#finished.get(target);
  }

  note(one: Finished): void {
    const line = `${this.#isCutOff ? "\n" : ""}${JSON.stringify(one)}\n`;
    this.#isBegun = true;
    try {
      // Written before the next file is begun: the run may end at any moment.
      appendFileSync(this.#own, line, { mode: 0o600 });
      this.#isCutOff = false;
    } catch (error) {
      this.#isCutOff = true;
      this.#fault ??= messageOf(error);
    }
  }

  async close(isDone: boolean): Promise<void> {
    if (!isDone) return;
    const all = [...this.#before, ...(this.#isBegun ? [this.#own] : [])];
    for (const file of all) {
      try {
        deleteFile(file);
      } catch (error) {
        this.#fault ??= messageOf(error);
      }
    }
  }
}

/** What was written whole; the last line may have been cut off. */
function linesOf(file: string): readonly Finished[] {
  const lines = readText(file)?.split("\n") ?? [];
  return lines.flatMap((line) => {
    try {
      return [Line.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
