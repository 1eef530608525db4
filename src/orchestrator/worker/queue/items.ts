import { DelayedError, type Job, WaitingError } from "bullmq";
import type { z } from "zod";
import type { Clock } from "../../../shared/clock.ts";
import { rowFault } from "../../kv/rows.ts";
import type { Stores } from "../../kv/stores/stores.ts";
import { Later } from "./later.ts";
import type { SliceItem } from "./queues.ts";

/** An item of a queue, as BullMQ has it. */
export type QueueItem<T> = Job<T>;

/** What an item of a queue is about; undefined, with a warning, where it is not what it should be. */
export function itemOf<T extends z.ZodType>(kv: Stores, job: Job, schema: T): z.output<T> | undefined {
  const read = schema.safeParse(job.data);
  return read.success ? read.data : kv.leaveOut(`${job.queueQualifiedName} ${job.id}`, rowFault(read.error));
}

/** Whether a slice is under its own name, and not under that of another one. */
export function isOwn(kv: Stores, job: Job, { run, slice }: SliceItem): boolean {
  if (job.id === `${run}_${slice}`) return true;
  kv.leaveOut(`${job.queueQualifiedName} ${job.id}`, "its name does not match its slice");
  return false;
}

/** Puts an item back that is to come later; that spends no attempt. */
export async function again<T>(
  clock: Pick<Clock, "now">,
  job: Job,
  token: string,
  act: () => Promise<T>,
  delayed: () => Promise<void> = async () => {},
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Later)) throw error;
    if (error.afterMs > 0) {
      await job.moveToDelayed(clock.now() + error.afterMs, token);
      await delayed().catch(() => {});
      throw new DelayedError(error.message);
    }
    if (error.turn !== undefined) await job.changePriority({ priority: error.turn });
    await job.moveToWait(token);
    throw new WaitingError(error.message);
  }
}
