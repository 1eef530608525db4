import { refusalOfTask } from "../../authority/task-bounds.ts";
import { partOf, type Request } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { PackedTask } from "../slice/tasks.ts";

/** Files of another run, as far as they can be this run's, too. */
export async function failedTasks(
  deps: WorkerDeps,
  of: string,
  request: Request,
): Promise<readonly PackedTask[]> {
  const { store, kv } = deps;
  const parts = request.kind === "copy" ? 1 : request.targets.mirrors.length;
  const tasks = await store.failed.of(of);
  return tasks.filter((task) => {
    const { o = 0 } = task;
    const isKnown = o >= 0 && o < parts;
    const refusal = isKnown
      ? refusalOfTask(task, partOf(request, o))
      : "it is not for any of the run's targets";
    if (refusal !== undefined) kv.leaveOut(`failed files of ${of}: ${task.p}`, refusal);
    return refusal === undefined;
  });
}
