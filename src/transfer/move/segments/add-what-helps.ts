import type { Clock } from "../../../shared/clock.ts";
import { MEASURED_MS, type Measured, nextStep } from "./gain.ts";

/** Connections that are at work on one file. */
interface Connections {
  readonly clock: Clock;
  /** How many there are. */
  readonly count: () => number;
  /** Bytes that have come by now, and those that have not. */
  readonly arrivedBytes: () => number;
  readonly leftBytes: () => number;
  /** Begins one more; undefined where there is none. */
  readonly add: () => Promise<{ readonly drop: () => void } | undefined>;
}

/**
 * Adds one connection after the other, as long as each adds to the rate.
 * @param until aborted when all bytes have come, or none will
 * @returns why there is no further one, where that was decided here
 */
export async function addWhatHelps(
  { clock, count, arrivedBytes, leftBytes, add }: Connections,
  until: AbortSignal,
): Promise<string | undefined> {
  const measured = async (): Promise<Measured> => {
    const [bytes, beganMs] = [arrivedBytes(), clock.now()];
    await clock.sleep(MEASURED_MS, until);
    const seconds = Math.max(1, clock.now() - beganMs) / 1_000;
    return { connections: count(), bytesPerSecond: Math.max(0, arrivedBytes() - bytes) / seconds };
  };
  let before: Measured | undefined;
  let last: { readonly drop: () => void } | undefined;
  try {
    for (;;) {
      const now = await measured();
      const { step, because } = nextStep(now, before, leftBytes());
      if (step === "drop-last") last?.drop();
      if (step !== "add") return because;
      before = now;
      last = await add();
      if (last === undefined) return undefined;
      // The new one begins slowly, and takes from the others until it moves.
      await clock.sleep(MEASURED_MS, until);
    }
  } catch (error) {
    if (!until.aborted) throw error;
    return undefined;
  }
}
