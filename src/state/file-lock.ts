import { linkSync, renameSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../shared/errors.ts";
import { deleteFile, isCreated, passing, readText, unique } from "./directory.ts";
import { parseRecord, isHeld, recordOf } from "./record.ts";

/** How soon, and for how long, who finds it locked tries again. */
export const AGAIN_MS = 5;
export const PATIENCE_MS = 10_000;
/** What is done under a lock takes milliseconds; a process of another machine that has it for so long has died. */
const ABANDONED_MS = 30_000;

/** A file that several processes write was not free in time. */
export class LockError extends AppError {
  readonly code = "lock";
  readonly retry = "later";
}

/**
 * Does something that no two processes may do at once. The lock is a file that names its process, so that what a dead
 * one has left is known to be nobody's.
 * @param act without waiting for anything
 * @throws LockError where others have it for ten seconds
 */
export async function locked<T>(file: string, act: () => T): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += AGAIN_MS) {
    using lock = lockedNow(file);
    if (lock !== undefined) return act();
    if (waitedMs > PATIENCE_MS)
      throw new LockError(`${file} is locked by another process; if no other process is running, delete it`);
    await sleep(AGAIN_MS);
  }
}

/** The lock, until the end of its scope; undefined where another has it now. */
export function lockedNow(file: string): Disposable | undefined {
  const record = recordOf(undefined, false, "lock");
  if (!isCreated(file, record)) {
    removeAbandoned(file);
    return undefined;
  }
  return {
    [Symbol.dispose]() {
      if (readText(file) === record) deleteFile(file);
    },
  };
}

function removeAbandoned(file: string): void {
  const text = readText(file);
  if (text === undefined || !isAbandoned(file, text)) return;
  const aside = `${file}.${unique()}`;
  passing("ENOENT", () => renameSync(file, aside));
  // Between the look and the move another may have removed it, and a third have locked: that one gets it back.
  const moved = readText(aside);
  if (moved !== undefined && moved !== text) passing("EEXIST", () => linkSync(aside, file));
  deleteFile(aside);
}

function isAbandoned(file: string, text: string): boolean {
  const entry = parseRecord(text);
  const isOld = Date.now() - (passing("ENOENT", () => statSync(file).mtimeMs) ?? Date.now()) > ABANDONED_MS;
  return isOld || (entry !== undefined && !isHeld(entry, () => true));
}
