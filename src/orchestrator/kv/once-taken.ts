import { setTimeout as sleep } from "node:timers/promises";
import { isRedisOutage } from "./faults.ts";

/** How soon Redis is asked again to note what it could not. */
const AGAIN_MS = 1_000;

/** Does something in Redis as soon as that takes it. @throws the reason of `closing`, which ends the waiting */
export async function onceTaken<T>(closing: AbortSignal, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isRedisOutage(error) || closing.aborted) throw error;
      await sleep(AGAIN_MS, undefined, { signal: closing }).catch(() => closing.throwIfAborted());
    }
  }
}
