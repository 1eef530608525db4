import type { RunOutcome } from "../../batch/events.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/logger.ts";
import { PRIORITIES, type Queues } from "../worker/queue/queues.ts";
import type { RunRequest } from "./request.ts";
import { priorityOf, type Run } from "./run.ts";
import type { RunStore } from "../kv/stores/runs.ts";

// A run is in Redis before it is in the queue: what is not put there now is found by the sweeper.

/** What asks for runs, ends them and wakes others. */
interface DispatchDeps {
  readonly store: RunStore;
  readonly queues: Queues;
  readonly log?: Logger;
}

/** Puts a run into the queue; harmless where it is there already. */
export async function enqueue({ runs }: Queues, run: Run): Promise<void> {
  await runs.add("run", { run: run.id }, { jobId: run.id, priority: PRIORITIES[priorityOf(run)] });
}

/** Puts runs into the queue that were made a moment ago, and says so. */
export async function enqueueMade(
  { store, queues, log }: DispatchDeps,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    try {
      const run = await store.get(id);
      if (run === undefined) continue;
      log?.info({ job: run.order.job, run: id, because: run.order.because }, "run requested");
      await enqueue(queues, run);
    } catch (error) {
      log?.warn(
        { run: id, because: messageOf(error) },
        "cannot queue the run now; the scheduler will do it later",
      );
    }
  }
}

interface RunEnd {
  /** The beginning of the run that this ends; undefined: whichever it is. */
  readonly generation: number | undefined;
  readonly nowMs: number;
  readonly outcome: RunOutcome;
  readonly because?: string | undefined;
  /** What is asked for in the same step. */
  readonly followers?: readonly RunRequest[];
}

/**
 * Ends a run, asks for those that follow it, and wakes those that waited for it.
 * @returns whether this ended it; not where it has been begun anew since, or has ended
 */
export async function endRun(
  deps: DispatchDeps,
  run: Pick<Run, "id" | "order">,
  { generation, nowMs, outcome, because, followers }: RunEnd,
): Promise<boolean> {
  const ended = await deps.store.end(run, generation, nowMs, outcome, because, followers);
  if (!ended.isEnded) return false;
  deps.log?.info({ job: run.order.job, run: run.id, outcome, because }, "run ended");
  await enqueueMade(deps, ended.followers);
  // Who is not woken now looks again by himself, later.
  await Promise.all(ended.woken.map((id) => promote(deps, id))).catch(() => {});
  return true;
}

/** Has a run that waits looked at now. */
export async function wake(deps: DispatchDeps, id: string): Promise<void> {
  await deps.store.noteWoken(id);
  await promote(deps, id);
}

async function promote({ queues }: DispatchDeps, id: string): Promise<void> {
  const item = await queues.runs.getJob(id);
  // One that is being worked on now finds out before it is put aside.
  await item?.promote().catch(() => {});
}
