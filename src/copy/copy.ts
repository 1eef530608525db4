import { setMaxListeners } from "node:events";
import { handsFor } from "./crew.ts";
import type { SummaryEvent } from "./events.ts";
import type { Hands } from "./hands.ts";
import { planCopy } from "./plan.ts";
import { OwnPool } from "./pool.ts";
import type { CopyEdges, CopyRequest } from "./request.ts";
import { Tally } from "./tally.ts";
import { TaskQueue } from "./task-queue.ts";

/**
 * Copies files between two places.
 * @returns the summary, which is also the last event
 * @throws what makes the whole copy impossible before the first file: a source that is not there, no login
 */
export async function copy(
  request: CopyRequest,
  edges: CopyEdges,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  // As many listeners as there are connections and waits; not a leak.
  setMaxListeners(0, signal);
  const { sources, target, isWanted, onExists, parallel, dryRun } = request;
  const { clock, emit, journal } = edges;
  const [pool, tally] = [edges.pool ?? new OwnPool(), new Tally(clock)];
  let crew: Hands | undefined;
  try {
    const { tasks, skipped, faults } = await planCopy(sources, target, isWanted, pool, emit, signal);
    tally.skipped += skipped;
    tally.failed += faults;
    const bytes = tasks.reduce((sum, { source }) => sum + (source.facts.sizeBytes ?? 0), 0);
    emit({ event: "plan", files: tasks.length, bytes });
    const orders = { ...request, parallel: Math.min(parallel, tasks.length) };
    const planned = onExists === "unique" ? tasks.map((task) => task.target) : [];
    crew = handsFor(orders, edges, pool, tally, planned);
    const queue = new TaskQueue(tasks);
    queue.close();
    await crew.work(queue, signal);
    const summary = tally.summary(signal.aborted ? 0 : queue.length, signal.aborted, crew.stopped);
    await journal.close(summary.outcome === "succeeded" && !dryRun);
    emit(summary);
    return summary;
  } finally {
    await pool.close();
    await crew?.settled();
  }
}
