import { refusalOfTask } from "../../authority/task-bounds.ts";
import { partOf, type Request } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import { LostFilesError } from "../../errors.ts";
import type { PackedTask } from "../slice/tasks.ts";

/** What failed in another run. */
interface FailedTasks {
  readonly tasks: readonly PackedTask[];
  /** Files that are none of this run's, and why: a list of names may have changed since. */
  readonly refused: readonly { readonly path: string; readonly because: string }[];
}

/** Files that failed in another run, as far as they can be this run's, too. @throws LostFilesError where it has none any more */
export async function failedTasks(deps: WorkerDeps, of: string, request: Request): Promise<FailedTasks> {
  const { store, kv } = deps;
  const parts = request.kind === "copy" ? 1 : request.targets.mirrors.length;
  const found = await store.failed.of(of);
  // A run is retried only where files of it failed: that there are none means that they are forgotten.
  if (found.length === 0)
    throw new LostFilesError(
      `the files that failed in ${of} are not known any more (see retention in daemon.yaml); run the whole job again`,
    );
  const refused: { path: string; because: string }[] = [];
  const tasks = found.filter((task) => {
    const { o = 0, p: path } = task;
    const isKnown = o >= 0 && o < parts;
    const because = isKnown
      ? refusalOfTask(task, partOf(request, o))
      : "it is not for any of the run's targets";
    if (because === undefined) return true;
    kv.leaveOut(`failed files of ${of}: ${path}`, because);
    refused.push({ path, because });
    return false;
  });
  return { tasks, refused };
}
