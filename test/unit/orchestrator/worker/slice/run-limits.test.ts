import { expect, test } from "vitest";
import type { WorkerDeps } from "../../../../../src/orchestrator/deps.ts";
import type { Run } from "../../../../../src/orchestrator/runs/run.ts";
import { RunLimits } from "../../../../../src/orchestrator/worker/slice/run-limits.ts";
import { quickClock } from "../../../../support/mirror-scene.ts";

// After how much a run begins no other file, where other workers copy files of it, too.

const signal = new AbortController().signal;
const SPENT = "the limit of 50 B (--max-transfer) is reached";

const runOf = (thirdParty: number) =>
  ({ id: "run_1", counters: { thirdParty, relayed: 0, serverSide: 0 } }) as unknown as Run;

/** Limits of a slice that began when nothing had moved, and what was done to find out more. */
function limitsOf(
  maxTransfer: number | undefined,
  answer: () => Promise<Run | undefined>,
  clock = quickClock,
) {
  const done: string[] = [];
  const store = { get: (id: string) => (done.push(`ask ${id}`), answer()) };
  const count = async () => void done.push("count");
  const deps = { clock, store } as unknown as Pick<WorkerDeps, "clock" | "store">;
  return { limits: new RunLimits(deps, runOf(0), { maxTransfer }, count), done };
}

/** A clock on which nothing that is waited for comes by itself. */
const still = {
  ...quickClock,
  sleep: (_ms: number, given?: AbortSignal) =>
    new Promise<void>((_, reject) => {
      const stop = () => reject(given?.reason as Error);
      if (given?.aborted === true) return stop();
      given?.addEventListener("abort", stop, { once: true });
    }),
};

test("what others have moved since a slice began is asked for again before each file", async () => {
  let bytes = 40;
  const { limits, done } = limitsOf(50, () => Promise.resolve(runOf(bytes)), still);
  await limits.othersMoved(signal);
  expect(limits.spent(0)).toBeUndefined();
  bytes = 55;
  await limits.othersMoved(signal);
  expect(limits.spent(0)).toBe(SPENT);
  // What this process has moved is in the answer, and is there for others.
  expect(done).toEqual(["count", "ask run_1", "count", "ask run_1"]);
});

test("a file that has moved is counted at once, since others ask before they begin their next one", () => {
  const { limits, done } = limitsOf(50, () => Promise.resolve(runOf(0)));
  limits.moved();
  expect(done).toEqual(["count"]);
});

test("without a limit of bytes nobody is asked", async () => {
  const { limits, done } = limitsOf(undefined, () => Promise.resolve(runOf(0)));
  limits.moved();
  await limits.othersMoved(signal);
  expect(done).toEqual([]);
});

test.each<readonly [string, () => Promise<Run | undefined>]>([
  ["does not come", () => new Promise(() => {})],
  ["is an error", () => Promise.reject(new Error("Redis is away"))],
  ["is that there is no such run any more", () => Promise.resolve(undefined)],
])("an answer that %s lets the file begin, and what the slice itself has moved counts", async (_, answer) => {
  const { limits } = limitsOf(50, answer);
  await limits.othersMoved(signal);
  expect([limits.spent(49), limits.spent(50)]).toEqual([undefined, SPENT]);
});

test("a slice that is interrupted does not wait for the answer", async () => {
  const stopped = new AbortController();
  const { limits } = limitsOf(50, () => new Promise(() => {}), still);
  const asking = limits.othersMoved(stopped.signal);
  stopped.abort(new Error("paused"));
  await expect(asking).rejects.toThrow("paused");
});
