import type { FileFacts, Side } from "../../transfer/sides/side.ts";
import { type Finished, type FileFingerprint, isSame, type Journal, fileFingerprintOf } from "../journal.ts";
import { judgeExisting, type OnExists, type ExistsVerdict } from "../on-exists.ts";
import type { Pair } from "../pool.ts";
import type { FileTask } from "../task.ts";

/** What decisions about single files go by. */
interface DecideDeps {
  readonly onExists: OnExists;
  /** What an interrupted run of the same batch has finished. */
  readonly journal: Journal;
  /** Whether sources are deleted, renamed or moved when they are copied. */
  readonly hasSourceStep?: boolean;
}

/** Why a file is kept whose source was seen to by a run that was interrupted then. */
export const SETTLED_BEFORE = "already copied before the interruption, and its source was seen to";
/** Why a file is kept that the journal knows. */
export const COPIED_BEFORE = "already copied before the interruption, and unchanged since";

/** The verdict on a file that needs no look at the target; undefined where one is needed. */
export function decidedBefore(task: FileTask, { onExists, journal }: DecideDeps): ExistsVerdict | undefined {
  if (task.decide !== undefined) return undefined;
  if (task.because !== undefined) return { action: "copy", because: task.because };
  const isFinished = journal.finished(task.target) !== undefined;
  if (onExists !== "overwrite" || isFinished) return undefined;
  return judgeExisting(task.source.facts, undefined, "overwrite");
}

/**
 * The verdict after a look at the target. What an interrupted run has finished is not copied again, whatever is done
 * with other files.
 * @param path the file's pathname at the target
 */
export async function decideNow(
  task: FileTask,
  path: string,
  pair: Pair,
  { onExists, journal, hasSourceStep = false }: DecideDeps,
  signal: AbortSignal,
): Promise<ExistsVerdict> {
  if (task.decide !== undefined) return task.decide(pair, signal);
  const finished = journal.finished(task.target);
  const existing = await pair.target.facts(path, signal);
  if (hasSourceStep && finished !== undefined && isStoredAs(finished, existing)) {
    const there = await pair.source.facts(task.source.path, signal);
    if (there === undefined) return { action: "keep", because: SETTLED_BEFORE };
  }
  const isStored = finished !== undefined && existing && isSame(finished.stored, fileFingerprintOf(existing));
  if (isStored === true && (await isUnchanged(pair.source, task.source.path, finished.source, signal)))
    return { action: "keep", because: COPIED_BEFORE };
  return judgeExisting(task.source.facts, onExists === "overwrite" ? undefined : existing, onExists);
}

/** Whether what is at the target is what was stored there, as far as its server tells. */
function isStoredAs({ stored }: Finished, existing: FileFacts | undefined): boolean {
  if (existing === undefined || existing.sizeBytes !== stored.sizeBytes) return false;
  const now = fileFingerprintOf(existing);
  return stored.modifiedMs === undefined || now.modifiedMs === undefined || isSame(stored, now);
}

async function isUnchanged(
  side: Side,
  path: string,
  before: FileFingerprint,
  signal: AbortSignal,
): Promise<boolean> {
  const facts = await side.facts(path, signal);
  return facts !== undefined && isSame(before, fileFingerprintOf(facts));
}
