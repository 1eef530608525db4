import { MEASURED_MS, type Measured, nextStep } from "./gain.ts";
import type { Clock } from "../../../shared/clock.ts";

/** Connections that are at work on one file. */
interface Connections {
  /** What they move together from now on. */
  readonly measured: (until: AbortSignal) => Promise<Measured>;
  readonly leftBytes: () => number;
  /** Begins one more; undefined where there is none. */
  readonly add: () => Promise<{ readonly drop: () => void } | undefined>;
}

/**
 * Adds one connection after the other, as long as each adds to the rate.
 * @param first what one connection was seen to move; absent: that is measured
 * @param until aborted when all bytes have come, or none will
 * @returns why there is no further one, where that was decided here
 */
export async function addWhatHelps(
  { measured, leftBytes, add }: Connections,
  first: Measured | undefined,
  until: AbortSignal,
): Promise<string | undefined> {
  let before: Measured | undefined;
  let last: { readonly drop: () => void } | undefined;
  try {
    for (let now = first ?? (await measured(until)); ; now = await measured(until)) {
      const { step, because } = nextStep(now, before, leftBytes());
      if (step === "drop-last") last?.drop();
      if (step !== "add") return because;
      before = now;
      last = await add();
      if (last === undefined) return undefined;
    }
  } catch (error) {
    if (!until.aborted) throw error;
    return undefined;
  }
}

/** Connections whose bytes are seen as they come. */
interface SeenConnections {
  readonly clock: Clock;
  /** How many there are. */
  readonly count: () => number;
  /** Bytes that have come by now. */
  readonly arrivedBytes: () => number;
}

/** Measures for a while, and not while a connection that was just added begins. */
export function measuringBytes({ clock, count, arrivedBytes }: SeenConnections) {
  let isFirst = true;
  return async (until: AbortSignal): Promise<Measured> => {
    // A new one begins slowly, and takes from the others until it moves.
    if (!isFirst) await clock.sleep(MEASURED_MS, until);
    isFirst = false;
    const [bytes, beganMs] = [arrivedBytes(), clock.now()];
    await clock.sleep(MEASURED_MS, until);
    const seconds = Math.max(1, clock.now() - beganMs) / 1_000;
    return { connections: count(), bytesPerSecond: Math.max(0, arrivedBytes() - bytes) / seconds };
  };
}
