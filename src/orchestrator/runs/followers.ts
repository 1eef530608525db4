import type { RunOutcome } from "../../batch/events.ts";
import type { Fault } from "../../config/load/document.ts";
import type { Definition } from "../definitions.ts";
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

/** The note about files that cannot be read when a run ends, because a job that follows it may be among them. */
export function unreadFollowers({ file, message }: Fault): string {
  return `${file} is invalid (${message}); if its job is meant to follow this one, it will not be started`;
}
