import { expect, test } from "vitest";
import type { RoomAnswer } from "../../../../../src/orchestrator/kv/stores/transfer-room.ts";
import type { Run } from "../../../../../src/orchestrator/runs/run.ts";
import { RunLimits } from "../../../../../src/orchestrator/worker/slice/run-limits.ts";
import { quickClock } from "../../../../support/mirror-scene.ts";

// After how much a run begins no other file, where other workers copy files of it, too.

const signal = new AbortController().signal;
const SPENT = "the limit of 50 B (--max-transfer) is reached";

const RUN = {
  id: "run_1",
  counters: { thirdParty: 0, relayed: 0, serverSide: 0 },
} as unknown as Run;

/** Limits of a slice that began when nothing had moved, and what was done to find out more. */
function limitsOf(maxTransfer: number | undefined, answer: () => Promise<RoomAnswer>, clock = quickClock) {
  const done: string[] = [];
  const own = { bytes: 0 };
  const room = {
    take: (asked: number, taken: number, limit: number) => {
      done.push(`take ${asked}/${taken} of ${limit}`);
      return answer();
    },
    release: async (bytes: number) => void done.push(`release ${bytes}`),
  };
  const count = async () => void done.push("count");
  const limits = new RunLimits({ clock, room, ownBytes: () => own.bytes, count }, RUN, { maxTransfer });
  return { limits, done, own };
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

const taken = { isTaken: true, moved: 40, inFlight: 0 };

test("a file takes its room, and leaves it when what it has moved is counted", async () => {
  const { limits, done } = limitsOf(50, async () => taken, still);
  expect(await limits.take(10, signal)).toBeUndefined();
  limits.release(10);
  await limits.settled();
  // What this process has moved is counted first, so that the answer has it, and it is never missing.
  expect(done).toEqual(["count", "take 10/10 of 50", "count", "release 10"]);
});

test("a file of unknown size needs some room, and takes none", async () => {
  const { limits, done } = limitsOf(50, async () => taken, still);
  expect(await limits.take(undefined, signal)).toBeUndefined();
  expect(done).toEqual(["count", "take 1/0 of 50"]);
});

test("a file that has no room waits while files in flight may leave some", async () => {
  const answers = [
    { isTaken: false, moved: 30, inFlight: 15 },
    { isTaken: false, moved: 30, inFlight: 15 },
    { isTaken: true, moved: 30, inFlight: 0 },
  ];
  const { limits, done } = limitsOf(50, async () => answers.shift() ?? taken);
  expect(await limits.take(10, signal)).toBeUndefined();
  expect(done.filter((one) => one.startsWith("take"))).toHaveLength(3);
});

test("where what has moved leaves no room, no other file begins", async () => {
  const { limits } = limitsOf(50, async () => ({ isTaken: false, moved: 50, inFlight: 0 }), still);
  expect(await limits.take(10, signal)).toBe(SPENT);
  expect(limits.spent(10)).toBe(SPENT);
});

test("without a limit of bytes nobody is asked", async () => {
  const { limits, done } = limitsOf(undefined, async () => taken);
  expect(await limits.take(10, signal)).toBeUndefined();
  limits.release(10);
  await limits.settled();
  expect(done).toEqual([]);
});

test.each<readonly [string, () => Promise<RoomAnswer>]>([
  ["does not come", () => new Promise(() => {})],
  ["is an error", () => Promise.reject(new Error("Redis is away"))],
])("an answer that %s lets the file begin, and what the slice itself has moved counts", async (_, answer) => {
  const { limits, own } = limitsOf(50, answer);
  own.bytes = 49;
  expect(await limits.take(1, signal)).toBeUndefined();
  own.bytes = 50;
  expect(await limits.take(1, signal)).toBe(SPENT);
});

test("a slice that is interrupted does not wait for the answer", async () => {
  const stopped = new AbortController();
  const { limits } = limitsOf(50, () => new Promise(() => {}), still);
  const asking = limits.take(10, stopped.signal);
  stopped.abort(new Error("paused"));
  await expect(asking).rejects.toThrow("paused");
});
