import { setTimeout as sleep } from "node:timers/promises";

/** How often something is looked at that is waited for. */
const LOOK_MS = 100;

/** @throws Error that names what did not come to be */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string | (() => string),
  withinMs = 60_000,
  everyMs = LOOK_MS,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs} ms: ${typeof what === "string" ? what : what()}`);
    await sleep(everyMs);
  }
}
