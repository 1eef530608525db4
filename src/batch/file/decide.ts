import { joinPath, nameOf, parentOf } from "../../ftp/pathname.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { SelectionError } from "../errors.ts";
import { type Fingerprint, isSame, type Journal, stampOf } from "../journal.ts";
import { judge, type OnExists, type Verdict } from "../on-exists.ts";
import type { Pair } from "../pool.ts";
import type { FileTask } from "../task.ts";

/** What decisions about single files go by. */
export interface DecideDeps {
  readonly onExists: OnExists;
  /** What an interrupted run of the same batch has finished. */
  readonly journal: Journal;
}

/** The verdict on a file that needs no look at the target; undefined where one is needed. */
export function decidedBefore(task: FileTask, { onExists, journal }: DecideDeps): Verdict | undefined {
  if (task.decide !== undefined) return undefined;
  if (task.because !== undefined) return { action: "copy", because: task.because };
  const isFinished = journal.finished(task.target) !== undefined;
  if (onExists !== "overwrite" || isFinished) return undefined;
  return judge(task.source.facts, undefined, "overwrite");
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
  { onExists, journal }: DecideDeps,
  signal: AbortSignal,
): Promise<Verdict> {
  if (task.decide !== undefined) return task.decide(pair, signal);
  const finished = journal.finished(task.target);
  const existing = await pair.target.facts(path, signal);
  const isStored = finished !== undefined && existing && isSame(finished.stored, stampOf(existing));
  if (isStored === true && (await isUnchanged(pair.source, task.source.path, finished.source, signal)))
    return { action: "keep", because: "already copied before the interruption, and unchanged since" };
  return judge(task.source.facts, onExists === "overwrite" ? undefined : existing, onExists);
}

async function isUnchanged(
  side: Side,
  path: string,
  before: Fingerprint,
  signal: AbortSignal,
): Promise<boolean> {
  const facts = await side.facts(path, signal);
  return facts !== undefined && isSame(before, stampOf(facts));
}

const MAX_NAMES = 10_000;

/** A name that is free, and not promised to another file of this run: `a.iso.1`, `a.iso.2`, … */
export async function freeName(
  side: Side,
  path: string,
  taken: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string> {
  for (let count = 1; count <= MAX_NAMES; count += 1) {
    const candidate = joinPath(parentOf(path), `${nameOf(path)}.${count}`);
    if (!taken.has(candidate) && (await side.facts(candidate, signal)) === undefined) return candidate;
  }
  throw new SelectionError(`${side.name}: ${path}: all ${MAX_NAMES} alternative names are taken`);
}
