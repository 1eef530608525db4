import type { RunStore } from "../kv/stores/runs.ts";
import { Later, WAITING_MS } from "./queue/later.ts";

/**
 * For who stops since a beginning of a run is over: its queue item ends only if that is so, for nobody would go on with
 * a run whose item has ended. @throws Later where it is not
 */
export async function requireTakenOver(
  store: Pick<RunStore, "get">,
  id: string,
  generation: number,
): Promise<undefined> {
  const run = await store.get(id);
  if (run?.state === "running" && run.generation === generation)
    throw new Later("stopped, but no other worker has taken over the run", WAITING_MS);
}
