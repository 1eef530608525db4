import type { Emit, SummaryEvent } from "../../../batch/events.ts";
import type { DirectoryProgress } from "../../../batch/follow-up.ts";
import { Tally } from "../../../batch/tally.ts";
import { TaskQueue } from "../../../batch/task-queue.ts";
import { parentOf } from "../../../ftp/pathname.ts";
import { partOf, type Request } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { Run } from "../../runs/run.ts";
import { endsOf } from "../ends.ts";
import { unpack } from "../slice/tasks.ts";
import type { PackedTask } from "../slice/tasks.ts";
import { failedTasks } from "./failed-tasks.ts";
import type { FleetRunner } from "./fleet-runner.ts";

/** Who copies to one of a run's targets. */
export type RunnerOf = (part: number, isLast: boolean) => (tally: Tally) => FleetRunner;

/** What a retried run is carried out with. */
interface Retrying {
  readonly runnerOf: RunnerOf;
  /** Called with the directories of these files; undefined: nothing follows them. */
  readonly directories: DirectoryProgress | undefined;
  readonly emit: Emit;
}

/**
 * The files that failed in another run, and nothing else: nothing is listed, and nothing deleted. @throws LostFilesError where these are
 * not known any more
 */
export async function retryFiles(
  deps: WorkerDeps,
  run: Run,
  request: Request,
  { runnerOf, directories, emit }: Retrying,
  signal: AbortSignal,
): Promise<SummaryEvent> {
  const { sources } = endsOf(request);
  const { tasks, refused } = await failedTasks(deps, run.order.retryOf ?? "", request);
  const tally = new Tally(deps.clock);
  for (const one of refused) {
    tally.failedOne();
    emit({ event: "fault", ...one });
  }
  emit({ event: "plan", files: tasks.length, bytes: tasks.reduce((sum, { s = 0 }) => sum + s, 0) });
  let [left, stopped]: [number, string | undefined] = [0, undefined];
  let isSpent = false;
  if (directories !== undefined) planDirectories(tasks, request, directories);
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
  const summary = tally.summary(left, signal.aborted, stopped, isSpent);
  emit(summary);
  return summary;
}

/** All files are known before the first. */
function planDirectories(
  tasks: readonly PackedTask[],
  request: Request,
  directories: DirectoryProgress,
): void {
  const all = tasks.map(({ o = 0, t }) => endsOf(partOf(request, o)).target.place.at(parentOf(t)));
  for (const directory of all) directories.planned(directory);
  for (const directory of new Set(all)) directories.listed(directory);
}
