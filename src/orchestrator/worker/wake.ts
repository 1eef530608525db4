import type { Outcome } from "../../batch/events.ts";
import type { Run } from "../runs/run.ts";
import type { RunStore } from "../runs/store.ts";
import type { Follower } from "./followers.ts";
import { enqueue } from "./enqueue.ts";
import type { Queues } from "./queues.ts";

/** What ends runs and wakes others. */
export interface WakeDeps {
  readonly store: RunStore;
  readonly queues: Queues;
}

export interface RunEnd {
  /** The beginning of the run that this ends; undefined: whichever it is. */
  readonly generation: number | undefined;
  readonly nowMs: number;
  readonly outcome: Outcome;
  readonly because?: string | undefined;
  /** What is asked for in the same step. */
  readonly followers?: readonly Follower[];
}

/**
 * Ends a run, and wakes those that waited for it.
 * @returns whether this ended it; not where it has been begun anew since, or has ended
 */
export async function endRun(deps: WakeDeps, run: Pick<Run, "id" | "order">, end: RunEnd): Promise<boolean> {
  const { store } = deps;
  const { generation, nowMs, outcome, because, followers } = end;
  const ended = await store.end(run, generation, nowMs, outcome, because, followers);
  if (!ended.isEnded) return false;
  // What is not put into the queue now is found by the sweeper.
  for (const id of ended.followers) {
    const made = await store.get(id).catch(() => undefined);
    if (made !== undefined) await enqueue(deps.queues, made).catch(() => {});
  }
  // Who is not woken now looks again by himself, later.
  await store
    .woken(run)
    .then((ids) => Promise.all(ids.map((id) => promote(deps, id))))
    .catch(() => {});
  return true;
}

/** Has a run that waits looked at now. */
export async function wake(deps: WakeDeps, id: string): Promise<void> {
  await deps.store.noteWoken(id);
  await promote(deps, id);
}

async function promote({ queues }: WakeDeps, id: string): Promise<void> {
  const item = await queues.runs.getJob(id);
  // One that is in hand just now finds out before it is put aside.
  await item?.promote().catch(() => {});
}
