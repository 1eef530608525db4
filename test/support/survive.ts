import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Hurt, Survivor } from "./survivor.ts";

/** What the daemon's event loop is late by one time in a thousand at most, in milliseconds of its own processor time. */
const MOST_DELAY_MS = 200;

/**
 * One daemon meets one hurt after the other, each of which is a test; at last its event loop is looked at.
 * @param promise the promise that they hold
 */
export function survives(promise: string, hurts: readonly Hurt[]): void {
  describe(promise, () => {
    let survivor: Survivor;
    beforeAll(async () => {
      survivor = await Survivor.start(hurts);
    });
    afterAll(async () => survivor[Symbol.asyncDispose]());

    test.each(hurts.map(({ name }, index) => [name, index] as const))("%s", async (_, index) => {
      await survivor.meet(index);
    });

    test(`meanwhile the event loop is late by less than ${MOST_DELAY_MS} ms 999 times in a thousand`, async () => {
      const { p999, max } = await survivor.loopDelay();
      process.stdout.write(
        `event loop: ${p999.toFixed(1)} ms at the 99.9th percentile, ${max.toFixed(1)} ms at most\n`,
      );
      expect(p999).toBeLessThan(MOST_DELAY_MS);
    });
  });
}
