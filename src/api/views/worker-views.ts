import type { Installation } from "../../orchestrator/installation.ts";
import type { WorkerView } from "./system-schemas.ts";
import { isoOf, known } from "./views.ts";

/** Who works, on all machines, and on what. What an earlier version does not say of itself is absent. */
export async function workerViews({
  kv,
  store,
}: Pick<Installation, "kv" | "store">): Promise<readonly WorkerView[]> {
  const running = (await store.unfinished()).filter(({ state }) => state === "running");
  const jobs = new Map(running.map(({ id, order }) => [id, order.job]));
  const workers = await kv.workers(running.map(({ id }) => id));
  return workers.map(({ id, host, pid, version, sinceMs, lanes, busy = [], runs: planned }) => {
    const lanesOf = new Map(busy.map((one) => [one.run, one]));
    const works = [...new Set([...planned, ...lanesOf.keys()])].map((run) => ({
      run,
      ...known({ job: jobs.get(run) }),
      plans: planned.includes(run),
      lanes: lanesOf.get(run)?.lanes ?? 0,
      waiting: (lanesOf.get(run)?.waiting ?? []).map((one) => ({ ...one, ...known({ host: one.host }) })),
    }));
    const since = sinceMs === undefined ? undefined : isoOf(sinceMs);
    return { id, ...known({ host, pid, version, since, lanes }), works };
  });
}
