import { expect, test } from "vitest";
import type { WorkerDeps } from "../../../../../src/orchestrator/deps.ts";
import type { Run } from "../../../../../src/orchestrator/runs/run.ts";
import { SliceWork } from "../../../../../src/orchestrator/worker/slice/work-slice.ts";

const ITEM = { run: "job_1", generation: 2, slice: "2-1", hosts: [], tasks: [] };

test.each<readonly [string, Partial<Run> | undefined]>([
  ["was begun again", { state: "running", generation: 3, wish: "run" }],
  ["waits to be begun again", { state: "queued", generation: 2, wish: "run" }],
  ["has ended", { state: "ended", generation: 2, wish: "run" }],
  ["is being cancelled", { state: "running", generation: 2, wish: "cancel" }],
  ["has no record any more", undefined],
])("a slice of a run that %s is dropped before anything is done for it", async (_, run) => {
  const deps = { elapsedMs: () => 0, store: { get: () => Promise.resolve(run) } } as unknown as WorkerDeps;
  const work = new SliceWork(deps, ITEM, { times: 1, lane: 1 }, undefined as never, () => {});
  // Whatever it did for the slice would need more than the store.
  await expect(work.execute(new AbortController().signal)).resolves.toBeUndefined();
});
