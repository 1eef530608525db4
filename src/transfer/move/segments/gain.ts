import type { Gain } from "../../evidence/helpful-connections.ts";

/** How many connections `auto` tries at most. */
export const MOST_TRIED = 8;
/** How long a number of connections is measured for, and how long a new one may take to begin before that. Milliseconds. */
export const MEASURED_MS = 2_000;
/** What takes less time than this with the connections that there are is not worth another one. Milliseconds. */
const WORTH_MS = 5_000;

/** The same of a file that goes from server to server: what is there is stopped and proven first. Milliseconds. */
const WORTH_STOPPING_MS = 10_000;

/** How much of a file was seen at the target at one time. */
export interface ProgressSample {
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * How fast one connection moves a file, and whether others are worth a try.
 * @param seen in order of time
 * @returns undefined where that is not known yet, or too little is left
 */
export function rateWorthRaising(seen: readonly ProgressSample[], sizeBytes: number): number | undefined {
  const now = seen.at(-1);
  const before = now && seen.findLast(({ atMs }) => now.atMs - atMs >= MEASURED_MS);
  if (now === undefined || before === undefined) return undefined;
  const bytesPerSecond = ((now.bytes - before.bytes) * 1_000) / (now.atMs - before.atMs);
  return isWorthStopping(bytesPerSecond, sizeBytes - now.bytes) ? bytesPerSecond : undefined;
}

/** Whether what is left takes one connection so long that it may be stopped for others. */
export function isWorthStopping(bytesPerSecond: number, leftBytes: number): boolean {
  return bytesPerSecond > 0 && (leftBytes * 1_000) / bytesPerSecond >= WORTH_STOPPING_MS;
}

/** What some connections have moved together while they were measured. */
export interface Throughput {
  /** 1 … */
  readonly connections: number;
  readonly bytesPerSecond: number;
}

/** A range that a second pair of connections moves beside the first one. Times in milliseconds. */
export interface RangeBeside {
  readonly bytes: number;
  readonly fromMs: number;
  /** Undefined: it still moves. */
  readonly toMs: number | undefined;
}

/**
 * What two pairs of connections move together: the first one by what was seen at the target meanwhile, the second one by a
 * range. Of a range that still moves this is the most that it can come to.
 * @param seen of the first one, in order of time
 * @returns undefined where nothing has been seen since the range began
 */
export function throughputBeside(
  seen: readonly ProgressSample[],
  { bytes, fromMs, toMs }: RangeBeside,
): Throughput | undefined {
  const now = seen.at(-1);
  const before = seen.findLast(({ atMs }) => atMs <= fromMs);
  if (now === undefined || before === undefined || now.atMs <= fromMs) return undefined;
  const first = (now.bytes - before.bytes) / (now.atMs - before.atMs);
  const second = bytes / Math.max(1, (toMs ?? now.atMs) - fromMs);
  return { connections: 2, bytesPerSecond: (first + second) * 1_000 };
}

const TOO_LITTLE = "too little is left for another connection";

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
export function nextStep(now: Throughput, before: Throughput | undefined, leftBytes: number): NextStep {
  const { connections, bytesPerSecond } = now;
  const isLittle = bytesPerSecond > 0 && (leftBytes / bytesPerSecond) * 1_000 < WORTH_MS;
  if (before !== undefined && connections <= before.connections)
    return { step: "stay", because: isLittle ? TOO_LITTLE : "another connection did not last" };
  if (before !== undefined) {
    const wanted = before.bytesPerSecond * (1 + 0.5 / before.connections);
    if (bytesPerSecond < wanted)
      return { step: "drop-last", because: `connection ${connections} did not add to the rate` };
  }
  if (connections >= MOST_TRIED) return { step: "stay", because: `${MOST_TRIED} connections are the most` };
  if (isLittle) return { step: "stay", because: TOO_LITTLE };
  return { step: "add", because: "another connection may add to the rate" };
}

/** Whether a file is worth as many connections as helped one before: one alone would take that long. */
export function isWorthSeveral(known: Gain | undefined, leftBytes: number): known is Gain {
  if (known === undefined || known.connections < 2) return false;
  return (leftBytes * 1_000) / known.aloneBytesPerSecond >= WORTH_MS;
}

/** Whether several connections, begun together, move more than one was seen to move. */
export function stillHelps({ bytesPerSecond }: Throughput, { aloneBytesPerSecond }: Gain): boolean {
  return bytesPerSecond >= aloneBytesPerSecond * 1.25;
}

/** Whether several connections move clearly less than one alone: a range then takes longer than its bytes do. */
export function isWorseThanOne({ bytesPerSecond }: Throughput, aloneBytesPerSecond: number): boolean {
  return bytesPerSecond < aloneBytesPerSecond * 0.8;
}

/**
 * Whether it is remembered that no other connection helps, and one moves about what it moved then. Where it moves much less, or
 * much more, something else may hold now.
 */
export function helpsAlone(known: Gain | undefined, bytesPerSecond: number): boolean {
  if (known?.connections !== 1) return false;
  const { aloneBytesPerSecond } = known;
  return bytesPerSecond >= aloneBytesPerSecond / 2 && bytesPerSecond <= aloneBytesPerSecond * 2;
}
