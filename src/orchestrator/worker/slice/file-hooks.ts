import { messageOf } from "../../../shared/errors.ts";
import { FollowUps } from "../../../wiring/hooks/follow-ups.ts";
import { hooksOf } from "../../definitions.ts";
import type { WorkerDeps } from "../../deps.ts";
import type { Run } from "../../runs/run.ts";
import type { SharedRunLog } from "../../runs/run-log.ts";

/**
 * What follows the files of a slice, as this machine's own file of the job says; undefined: nothing does. Directories
 * are for whoever knows all slices of a run.
 */
export async function fileHooks(
  { kv, directories }: WorkerDeps,
  run: Run,
  log: SharedRunLog,
): Promise<FollowUps | undefined> {
  const marks = kv.hookMarks(run.id);
  try {
    const hooked = await hooksOf(run, directories);
    if (hooked?.hooks.afterFile === undefined) return undefined;
    return new FollowUps(hooked, (event) => log.add(event), marks);
  } catch (error) {
    await marks.failed(`the hook afterFile was not started on a worker: ${messageOf(error)}`);
    return undefined;
  }
}
