import { Queue } from "bullmq";
import { type ItemHandler, ItemWorker, type ItemWorkerOptions } from "./item-worker.ts";
import type { KeyNames } from "../../kv/names.ts";
import type { RedisClient } from "../../kv/client.ts";
import { RunId } from "../../runs/run.ts";
import { PackedTask } from "../slice/tasks.ts";
import { z } from "zod";

export const RUNS = "runs";
export const SLICES = "slices";

/** A run that waits for a worker. */
export const RunItem = z.object({ run: RunId });
export type RunItem = z.infer<typeof RunItem>;

/** Files of one run that one lane copies one after the other. */
export const SliceItem = z.object({
  run: RunId,
  /** Of which beginning of the run; those of earlier ones are of no use any more. */
  generation: z.number().int(),
  /** What its results are kept under; the same for what is left of it when it has to stop. */
  slice: z.string().regex(/^\d{1,15}-\d{1,15}$/),
  /** Keys of the places that it has to do with. */
  hosts: z.array(z.string()).default([]),
  tasks: z.array(PackedTask),
});
export type SliceItem = z.infer<typeof SliceItem>;

export const PRIORITIES = { high: 1, normal: 2, low: 3 } as const;
/** How far a run's next slice is behind its last one: what is urgent has more turns, and nobody waits for ever. */
export const STRIDES = { high: 1, normal: 2, low: 4 } as const;
/** The last place in a queue; BullMQ knows no further one. */
export const LAST_TURN = 2 ** 21 - 1;

/** An item fails by itself only where Redis does not do what it should, which may last; files that fail are the engine's. */
const ATTEMPTS = 100_000;
const AGAIN_MS = 5_000;
const KEPT_SECONDS = 3_600;

export interface Queues extends AsyncDisposable {
  readonly runs: Queue<RunItem>;
  readonly slices: Queue<SliceItem>;
  /** Takes items of a queue from now on, and passes each to a handler. */
  take<T>(
    queue: string,
    handle: ItemHandler<T>,
    options: Omit<ItemWorkerOptions, "connection" | "prefix">,
  ): ItemWorker<T>;
}

export function openQueues(redis: RedisClient, names: KeyNames): Queues {
  const options = {
    connection: redis,
    prefix: names.prefix,
    defaultJobOptions: {
      attempts: ATTEMPTS,
      backoff: { type: "fixed", delay: AGAIN_MS },
      removeOnComplete: { age: KEPT_SECONDS, count: 10_000 },
      removeOnFail: { age: 24 * KEPT_SECONDS },
    },
  };
  const runs = new Queue<RunItem>(RUNS, options);
  // What came of a slice is elsewhere, and its tasks are of no use any more.
  const defaultJobOptions = { ...options.defaultJobOptions, removeOnComplete: true };
  const slices = new Queue<SliceItem>(SLICES, { ...options, defaultJobOptions });
  // The client reports errors of Redis itself; without a listener one would end the process.
  for (const queue of [runs, slices]) queue.on("error", () => {});
  return {
    runs,
    slices,
    take: (queue, handle, own) =>
      new ItemWorker(queue, handle, { connection: redis, prefix: names.prefix, ...own }),
    async [Symbol.asyncDispose]() {
      await Promise.all([runs.close(), slices.close()]);
    },
  };
}
