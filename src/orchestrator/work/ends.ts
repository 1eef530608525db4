import type { Target } from "../../copy/plan.ts";
import type { Place } from "../../copy/pool.ts";
import type { Orders } from "../../copy/request.ts";
import type { Request } from "../definitions.ts";
import type { Run } from "../runs/run.ts";
import { runResource } from "../slots/slots.ts";

const WEIGHTS = { high: 4, normal: 2, low: 1 } as const;

/** The places that a run's files come from, and where they go. */
export function endsOf({ kind, request }: Request): {
  readonly sources: readonly Place[];
  readonly target: Target;
} {
  const sources = kind === "copy" ? request.sources.map(({ place }) => place) : [request.source.place];
  return { sources, target: request.target };
}

export function ordersOf({ kind, request }: Request): Orders {
  return kind === "copy" ? request : { ...request, onExists: "overwrite" };
}

/** Lanes of one run at once, over all workers. */
export function partyOf(run: Run, { request }: Request, priority: keyof typeof WEIGHTS) {
  return {
    name: run.order.job,
    weight: WEIGHTS[priority],
    needs: [{ resource: runResource(run.id), count: 1, limit: request.parallel }],
  };
}

export function priorityOf(run: Run): keyof typeof WEIGHTS {
  const { priority } = (run.order.document ?? {}) as { readonly priority?: unknown };
  return priority === "high" || priority === "low" ? priority : "normal";
}

/** Keys of the places that it has to do with. */
export function hostsOf(request: Request): readonly string[] {
  const { sources, target } = endsOf(request);
  return [...new Set([...sources, target.place].map(({ key }) => key))];
}
