import type { SummaryEvent } from "../../../batch/events.ts";
import { Tally } from "../../../batch/tally.ts";
import { TaskQueue } from "../../../batch/task-queue.ts";
import type { Request } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { Run } from "../../runs/run.ts";
import { endsOf } from "../ends.ts";
import { unpack } from "../slice/tasks.ts";
import { failedTasks } from "./failed-tasks.ts";
import type { FleetRunner } from "./fleet-runner.ts";

/** Who copies to one of a run's targets. */
export type RunnerOf = (part: number, isLast: boolean) => (tally: Tally) => FleetRunner;

/** The files that failed in another run, and nothing else: nothing is listed, and nothing deleted. */
export async function retryFiles(
  deps: WorkerDeps,
  run: Run,
  request: Request,
  runnerOf: RunnerOf,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  const { sources } = endsOf(request);
  const tasks = await failedTasks(deps, run.order.retryOf ?? "", request);
  const tally = new Tally(deps.clock);
  let [left, stopped]: [number, string | undefined] = [0, undefined];
  let isSpent = false;
  for (const part of new Set(tasks.map(({ o = 0 }) => o))) {
    const own = tasks.filter(({ o = 0 }) => o === part);
    // What was decided then may be done by now: an earlier beginning of this run has noted what it copied.
    const queue = new TaskQueue(own.map(({ b: _because, ...task }) => unpack(task, sources)));
    queue.close();
    const runner = runnerOf(part, true)(tally);
    await runner.work(queue, signal);
    left += queue.length;
    if (stopped === undefined) isSpent = runner.isSpent === true;
    stopped ??= runner.stopped;
  }
  return tally.summary(left, signal.aborted, stopped, isSpent);
}
