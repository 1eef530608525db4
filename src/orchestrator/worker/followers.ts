import type { Outcome } from "../../batch/events.ts";
import type { Fault } from "../../config/load/document.ts";
import type { Definition } from "../definitions.ts";
import type { Run, RunOrder } from "../runs/run.ts";

/** A run that is asked for by the end of another one. */
export interface Follower {
  readonly id: string;
  readonly order: RunOrder;
}

/** Runs of the jobs that come after this one (`after`), each once for this run. */
export function followersOf(
  run: Pick<Run, "id" | "order">,
  outcome: Outcome,
  definitions: readonly Definition[],
): readonly Follower[] {
  if (run.order.dryRun) return [];
  return definitions.flatMap(({ name, job, document, rules }) => {
    const { after } = job;
    if (after?.job !== run.order.job || (after.on === "success" && outcome !== "succeeded")) return [];
    const because = `after ${run.id}: ${outcome}`;
    const common = { dryRun: false, requestedBy: "chain", because } as const;
    return [{ id: `${name}_after_${run.id}`, order: { job: name, document, rules: [...rules], ...common } }];
  });
}

/** What is said of files that cannot be read when a run ends, for a job after it may be among them. */
export function unreadFollowers({ file, message }: Fault): string {
  return `${file} is wrong: should its job come after this one, it is not begun (${message})`;
}
