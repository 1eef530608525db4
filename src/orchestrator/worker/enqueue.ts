import type { Run } from "../runs/run.ts";
import { priorityOf } from "./ends.ts";
import { PRIORITIES, type Queues } from "./queues.ts";

/** Puts a run into the queue; harmless where it is there already. */
export async function enqueue({ runs }: Queues, run: Run): Promise<void> {
  await runs.add("run", { run: run.id }, { jobId: run.id, priority: PRIORITIES[priorityOf(run)] });
}
