import type { Gain, HelpedWay } from "../../evidence/helpful-connections.ts";
import {
  helpsAlone,
  isWorthSeveral,
  MEASURED_MS,
  type Throughput,
  MOST_TRIED,
  nextStep,
  stillHelps,
} from "./gain.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { Started } from "../../phases.ts";

/** Connections that are at work on one file. */
interface Connections {
  /** What they move together from now on. */
  readonly measured: (until: AbortSignal) => Promise<Throughput>;
  readonly leftBytes: () => number;
  /** Begins one more; undefined where there is none. */
  readonly add: () => Promise<{ readonly drop: () => void } | undefined>;
}

/** What is remembered of earlier files, and from this one on. */
export interface RememberedGain {
  readonly known: Gain | undefined;
  readonly saw: (gain: Omit<Gain, "atMs">) => void;
  readonly forget: () => void;
}

/** That of one way between two hosts. Where a rate limit holds, no connection adds anything, which says nothing of them. */
export function rememberedOf(
  { route: { helpful }, rate }: Pick<Started, "route" | "rate">,
  way: HelpedWay,
): RememberedGain {
  if (rate?.current() !== undefined) return NOTHING;
  return {
    known: helpful.of(way),
    saw: (gain) => helpful.saw(way, gain),
    forget: () => helpful.forget(way),
  };
}

/** Nothing is known, and nothing is to be concluded. */
const NOTHING: RememberedGain = { known: undefined, saw: () => {}, forget: () => {} };

/**
 * Adds one connection after the other, as long as each adds to the rate. As many as are remembered to have helped begin at
 * once; where they do not help now, that is forgotten.
 * @param bytesPerSecond what one connection was seen to move; absent: that is measured
 * @param until aborted when all bytes have come, or none will
 * @returns why there is no further one, where that was decided here
 */
export async function addWhatHelps(
  connections: Connections,
  bytesPerSecond: number | undefined,
  until: AbortSignal,
  remembered: RememberedGain,
): Promise<string | undefined> {
  try {
    const first = bytesPerSecond === undefined ? undefined : { connections: 1, bytesPerSecond };
    return isWorthSeveral(remembered.known, connections.leftBytes())
      ? await beginWithSeveral(connections, remembered.known, until, remembered)
      : await addOneByOne(connections, first, until, remembered);
  } catch (error) {
    if (!until.aborted) throw error;
    return undefined;
  }
}

async function beginWithSeveral(
  connections: Connections,
  known: Gain,
  until: AbortSignal,
  remembered: RememberedGain,
): Promise<string | undefined> {
  for (let more = known.connections - 1; more > 0; more -= 1)
    if ((await connections.add()) === undefined) return undefined;
  const now = await connections.measured(until);
  if (now.connections < known.connections) {
    remembered.forget();
    return "another connection did not last";
  }
  if (!stillHelps(now, known)) {
    remembered.forget();
    return `${now.connections} connections move no more than one did before; the next file tries again`;
  }
  if (known.isMost) return `${known.connections} connections helped before`;
  return addOneByOne(connections, now, until, remembered, known.aloneBytesPerSecond);
}

/** @param aloneBytesPerSecond what one connection moves; absent: that is what is measured first */
async function addOneByOne(
  { measured, leftBytes, add }: Connections,
  first: Throughput | undefined,
  until: AbortSignal,
  { known, saw, forget }: RememberedGain,
  aloneBytesPerSecond?: number,
): Promise<string | undefined> {
  let before: Throughput | undefined;
  let last: { readonly drop: () => void } | undefined;
  let now = first ?? (await measured(until));
  const alone = aloneBytesPerSecond ?? now.bytesPerSecond;
  const helped = known?.connections ?? 1;
  if (helpsAlone(known, alone)) return "another connection added nothing to an earlier file";
  if (known?.connections === 1) forget();
  for (; ; now = await measured(until)) {
    const { step, because } = nextStep(now, before, leftBytes());
    if (step === "drop-last") last?.drop();
    if (step !== "add") {
      const seen = gainOf(step, now, before, helped);
      if (seen !== undefined) saw({ ...seen, aloneBytesPerSecond: alone });
      return because;
    }
    before = now;
    last = await add();
    if (last !== undefined) continue;
    // There are no more now; those that there are have helped.
    if (now.connections > helped)
      saw({ connections: now.connections, isMost: false, aloneBytesPerSecond: alone });
    return undefined;
  }
}

/**
 * What was found out for good by this; undefined for nothing. A file with too little left for more connections says nothing
 * against what is known.
 * @param helped how many connections are known to help
 */
function gainOf(
  step: "drop-last" | "stay",
  { connections }: Throughput,
  before: Throughput | undefined,
  helped: number,
): Pick<Gain, "connections" | "isMost"> | undefined {
  if (step === "drop-last") return { connections: connections - 1, isMost: true };
  if (before === undefined || connections <= Math.max(before.connections, helped)) return undefined;
  return { connections, isMost: connections >= MOST_TRIED };
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
  return async (until: AbortSignal): Promise<Throughput> => {
    // A new one begins slowly, and takes from the others until it moves.
    if (!isFirst || count() > 1) await clock.sleep(MEASURED_MS, until);
    isFirst = false;
    const [bytes, beganMs] = [arrivedBytes(), clock.now()];
    await clock.sleep(MEASURED_MS, until);
    const seconds = Math.max(1, clock.now() - beganMs) / 1_000;
    return { connections: count(), bytesPerSecond: Math.max(0, arrivedBytes() - bytes) / seconds };
  };
}
