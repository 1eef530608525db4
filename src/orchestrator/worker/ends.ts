import { LOCAL_KEY } from "../../wiring/places.ts";
import type { Place } from "../../batch/pool.ts";
import type { Request } from "../definitions.ts";
import type { Run } from "../runs/run.ts";
import { runResource } from "../slots/demand.ts";
import type { Target } from "../../batch/task.ts";
import type { BatchOptions } from "../../batch/contract.ts";

const WEIGHTS = { high: 4, normal: 2, low: 1 } as const;

/** The places that a run's files come from, and where they go. A target may be where another one's come from. */
export function endsOf(request: Request): { readonly sources: readonly Place[]; readonly target: Target } {
  const { target } = request.request;
  if (request.kind === "copy") return { sources: request.request.sources.map(({ place }) => place), target };
  const { mirrors, spread } = request.targets;
  const finished = spread ? mirrors.map((one) => one.target.place) : [];
  return { sources: [request.request.source.place, ...finished], target };
}

/** What is known by these letters of what was written before: each target is known for itself. */
export function writtenKey(job: string, request: Request): string {
  const isOneOfMany = request.kind === "mirror" && request.targets.mirrors.length > 1;
  return isOneOfMany ? `${job} ${request.request.target.shown}` : job;
}

export function ordersOf({ kind, request }: Request): BatchOptions {
  return kind === "copy" ? request : { ...request, onExists: "overwrite" };
}

/** Lanes of one run at once, over all workers, for each of its targets. */
export function partyOf(run: Run, request: Request, priority: keyof typeof WEIGHTS) {
  const targets = request.kind === "mirror" ? request.targets.mirrors.length : 1;
  const limit = request.request.parallel * targets;
  return {
    name: run.order.job,
    weight: WEIGHTS[priority],
    needs: [{ resource: runResource(run.id), count: 1, limit }],
  };
}

/** Keys of the places that it has to do with; without those it could do without. */
export function hostKeysOf(request: Request): readonly string[] {
  const { sources: all, target } = endsOf(request);
  const sources = request.kind === "mirror" ? [request.request.source.place] : all;
  return [...new Set([...sources, target.place].map(({ key }) => key))].filter((key) => key !== LOCAL_KEY);
}
