import type { RunOutcome } from "../../batch/events.ts";
import type { Fault } from "../../config/load/document.ts";
import type { Directories } from "../../config/load/directories.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Logger } from "../../shared/logger.ts";
import { type Definition, soundDefinitions } from "../definitions.ts";
import type { RunStore } from "../kv/stores/runs.ts";
import { orderFor, type RunRequest } from "./request.ts";
import { boundedId, type Run } from "./run.ts";

/** Runs of the jobs that come after this one (`after`), each once for this run. */
export function followersOf(
  run: Pick<Run, "id" | "order">,
  outcome: RunOutcome,
  definitions: readonly Definition[],
): readonly RunRequest[] {
  if (run.order.dryRun) return [];
  return definitions.flatMap((definition) => {
    const { after } = definition.job;
    if (after?.job !== run.order.job || (after.on === "success" && outcome !== "succeeded")) return [];
    const because = `after ${run.id}: ${outcome}`;
    const order = orderFor(definition, { requestedBy: "chain", because });
    return [{ id: boundedId(`${definition.name}_after_${run.id}`), order }];
  });
}

/** What the end of a run needs to find the jobs that follow it. */
interface FollowersDeps {
  readonly directories: Directories;
  readonly store: Pick<RunStore, "log">;
  readonly clock: Clock;
  readonly log?: Logger;
}

/** The same, by the job files as they are now. Faults of some are reported, and cost none of those that are in order. */
export async function readFollowers(
  { directories, store, clock, log }: FollowersDeps,
  run: Pick<Run, "id" | "order">,
  outcome: RunOutcome,
): Promise<readonly RunRequest[]> {
  const { definitions, faults } = await soundDefinitions(directories);
  for (const because of faults.map(unreadFollowers)) {
    log?.error({ job: run.order.job, run: run.id, because }, "cannot tell whether a job follows this one");
    await store.log(run.id, [{ event: "note", because }], clock.now());
  }
  return followersOf(run, outcome, definitions);
}

/** The note about files that cannot be read when a run ends, because a job that follows it may be among them. */
function unreadFollowers({ file, message }: Fault): string {
  return `${file} is invalid (${message}); if its job is meant to follow this one, it will not be started`;
}
