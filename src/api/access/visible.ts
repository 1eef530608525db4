import { suggestion } from "../../config/load/nearest.ts";
import type { Definition } from "../../orchestrator/definitions.ts";
import { ControlError } from "../../orchestrator/runs/control.ts";
import type { Run } from "../../orchestrator/runs/run.ts";
import type { Caller } from "./auth.ts";
import type { LoadedJobs } from "../definitions.ts";
import type { ApiDeps } from "../deps.ts";
import { isLimited, isWithinLimits } from "./limits.ts";
import { Refusal } from "../problem.ts";

// What a caller's limits leave out is, for that caller, as if it were not there.

export function maySeeRun({ limits }: Caller, { order: { job, document } }: Pick<Run, "order">): boolean {
  return isWithinLimits(limits, { job, document });
}

export function maySeeJob({ limits }: Caller, { name, document }: Definition): boolean {
  return isWithinLimits(limits, { job: name, document });
}

/** @throws ControlError (404) where there is none, or none for this caller */
export async function visibleRun(
  { installation: { control } }: ApiDeps,
  caller: Caller,
  id: string,
): Promise<Run> {
  const run = await control.run(id);
  if (!maySeeRun(caller, run)) throw new ControlError("unknown", `no such run: ${id}`);
  return run;
}

/** Jobs that the caller may see; faults of files are for those who may see all. */
export async function visibleJobs({ definitions }: ApiDeps, caller: Caller): Promise<LoadedJobs> {
  const { definitions: all, faults } = await definitions.all();
  if (!isLimited(caller.limits)) return { definitions: all, faults };
  return { definitions: all.filter((one) => maySeeJob(caller, one)), faults: [] };
}

/** @throws Refusal (404) that names the nearest one */
export async function visibleJob(deps: ApiDeps, caller: Caller, name: string): Promise<Definition> {
  const { definitions } = await visibleJobs(deps, caller);
  const found = definitions.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = definitions.map((one) => one.name);
  throw new Refusal(404, `no such job: ${name}${suggestion(name, names)}`);
}
