import { Tally } from "../../../batch/tally.ts";
import { AppError, messageOf } from "../../../shared/errors.ts";
import type { WorkerDeps } from "../../deps.ts";
import { isRedisFault } from "../../kv/faults.ts";
import { unexpectedFault } from "../../runs/requested-state.ts";
import { countsOf } from "./done.ts";
import { doneBefore } from "./done-before.ts";
import { Later } from "../queue/later.ts";
import type { SliceItem } from "../queue/queues.ts";
import { counted } from "../../../shared/units.ts";

/**
 * Works on a slice. What nobody expected to go wrong there fails the files that are not done, and nothing else.
 * @param times how often the slice was begun, this time included
 */
export async function orFail(
  deps: WorkerDeps,
  item: SliceItem,
  times: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (unexpectedFault(signal) === undefined && (signal.aborted || isForQueue(error))) throw error;
    return failSlice(deps, item, times, unexpectedFault(signal) ?? error);
  }
  const fault = unexpectedFault(signal);
  if (fault !== undefined) await failSlice(deps, item, times, fault);
}

/** What the queue tries again: what is to come later, and what Redis could not do. */
export function isForQueue(error: unknown): boolean {
  return error instanceof Later || isRedisFault(error);
}

async function failSlice(deps: WorkerDeps, item: SliceItem, times: number, error: unknown): Promise<void> {
  const { store, clock, kv } = deps;
  const { run, slice, tasks } = item;
  logFault(deps, { run, slice }, error, "unexpected error: the rest of this slice has failed");
  const tally = new Tally(clock);
  const failures = [...tasks];
  for (const [index, done] of await doneBefore(kv, item)) {
    tally.add(countsOf(done));
    delete failures[index];
  }
  const left = failures.filter((task) => task !== undefined);
  const because = `unexpected error, ${counted(left.length, "file")} failed: ${messageOf(error)}; the log contains the stack trace`;
  await store.log(run, [{ event: "note", because }], clock.now());
  // In place of those that have failed by themselves, which are among them.
  await store.causes.countSlice(
    item,
    times,
    new Map([[`unexpected error: ${messageOf(error)}`, left.length]]),
  );
  const { files, bytes } = tally.summary(0, false, undefined);
  const { copied, kept, skipped } = files;
  const result = { copied, kept, skipped, failed: left.length, ...bytes, failures: left };
  await kv.slices.writeResult(item, result);
}

/** An error of ours says by itself what is wrong; of any other one the stack is needed. */
export function logFault(deps: WorkerDeps, fields: object, error: unknown, message: string): void {
  const stack = error instanceof Error && !(error instanceof AppError) ? { stack: error.stack } : {};
  deps.log.error({ ...fields, because: messageOf(error), ...stack }, message);
}
