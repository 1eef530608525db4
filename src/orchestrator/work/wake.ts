import type { Outcome } from "../../copy/events.ts";
import type { Run } from "../runs/run.ts";
import type { RunStore } from "../runs/store.ts";
import type { Queues } from "./queues.ts";

/** What ends runs and wakes others. */
export interface WakeEdges {
  readonly store: RunStore;
  readonly queues: Queues;
}

export interface RunEnd {
  /** The beginning of the run that this ends; undefined: whichever it is. */
  readonly generation: number | undefined;
  readonly nowMs: number;
  readonly outcome: Outcome;
  readonly because?: string | undefined;
}

/**
 * Ends a run, and wakes those that waited for it.
 * @returns whether this ended it; not where it has been begun anew since, or has ended
 */
export async function endRun(
  edges: WakeEdges,
  run: Pick<Run, "id" | "order">,
  end: RunEnd,
): Promise<boolean> {
  const { store } = edges;
  if (!(await store.end(run, end.generation, end.nowMs, end.outcome, end.because))) return false;
  // Who is not woken now looks again by himself, later.
  await store
    .woken(run)
    .then((ids) => Promise.all(ids.map((id) => promote(edges, id))))
    .catch(() => {});
  return true;
}

/** Has a run that waits looked at now. */
export async function wake(edges: WakeEdges, id: string): Promise<void> {
  await edges.store.noteWoken(id);
  await promote(edges, id);
}

async function promote({ queues }: WakeEdges, id: string): Promise<void> {
  const item = await queues.runs.getJob(id);
  // One that is in hand just now finds out before it is put aside.
  await item?.promote().catch(() => {});
}
