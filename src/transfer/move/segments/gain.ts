/** How many connections `auto` tries at most. */
export const MOST_TRIED = 8;
/** How long a number of connections is measured for, and how long a new one may take to begin before that. Milliseconds. */
export const MEASURED_MS = 2_000;
/** What takes less time than this with the connections that there are is not worth another one. Milliseconds. */
const WORTH_MS = 5_000;

/** What some connections have moved together while they were measured. */
export interface Measured {
  /** 1 … */
  readonly connections: number;
  readonly bytesPerSecond: number;
}

interface NextStep {
  readonly step: "add" | "drop-last" | "stay";
  readonly because: string;
}

/**
 * Whether another connection is tried: as long as the last one has added at least half of what one of those before it
 * moves. One that only takes from the others is given up.
 * @param now what the present number of connections moves
 * @param before what one less has moved; absent: there was one from the beginning
 * @param leftBytes what is still to be moved
 */
export function nextStep(now: Measured, before: Measured | undefined, leftBytes: number): NextStep {
  const { connections, bytesPerSecond } = now;
  if (before !== undefined) {
    const wanted = before.bytesPerSecond * (1 + 0.5 / before.connections);
    if (bytesPerSecond < wanted)
      return { step: "drop-last", because: `connection ${connections} did not add to the rate` };
  }
  if (connections >= MOST_TRIED) return { step: "stay", because: `${MOST_TRIED} connections are the most` };
  if (bytesPerSecond > 0 && (leftBytes / bytesPerSecond) * 1_000 < WORTH_MS)
    return { step: "stay", because: "too little is left for another connection" };
  return { step: "add", because: "another connection may add to the rate" };
}
