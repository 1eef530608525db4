import { wouldLack } from "../slots/lack.ts";

/** A slice that was begun so lately is not asked to make room. */
const LEAST_TURN_MS = 1_000;

/** A slice that a worker works on. */
export interface RunningWork {
  readonly run: string;
  /** Its place in the queue when it was taken. */
  readonly turn: number;
  readonly sinceMs: number;
  /** What it waits for. */
  readonly lack: string | undefined;
  /** Whether it has been asked to make room. */
  readonly isYielding: boolean;
}

/** A slice in the queue. */
export interface Queued {
  readonly run: string;
  readonly hosts: readonly string[];
  readonly turn: number;
}

/** One of those in work that makes room, and what for. */
export interface Room<H, Q> {
  readonly work: H;
  /** Its place in the queue from then on. */
  readonly turn: number;
  /** Comes to the front of the queue before; absent: who is there already. */
  readonly ahead?: Q;
}

/**
 * Who makes room where all lanes are taken: one that waits, for a slice that need not wait for the same; else one of
 * the run that has most of them, after its file, for a run that has none.
 * @param lacks what was found lacking lately
 */
export function pickYielding<H extends RunningWork, Q extends Queued>(
  running: readonly H[],
  queue: readonly Q[],
  lacks: ReadonlySet<string>,
  nowMs: number,
): Room<H, Q> | undefined {
  const idle = running.findLast(({ lack, isYielding }) => lack !== undefined && !isYielding);
  const ahead = queue.find((queued) => ![...lacks].some((lack) => wouldLack(lack, queued)));
  if (idle !== undefined && ahead !== undefined) return { work: idle, turn: idle.turn + 1, ahead };
  const starved = queue.find(({ run }) => !running.some((work) => work.run === run));
  if (starved === undefined || running.some(({ isYielding }) => isYielding)) return undefined;
  const work = firstToGo(running, nowMs);
  return work && { work, turn: starved.turn + 1 };
}

/** A slice in work, and whether it holds its lane for next to nothing. */
interface PacedWork {
  readonly hosts: readonly string[];
  readonly isSlow: boolean;
}

/** How many lanes there may be beside the usual ones, and which slice the next one is for. */
interface Beside<Q> {
  readonly lanes: number;
  readonly ahead?: Q;
}

/**
 * Lanes beside the usual ones, so that slow files do not keep others waiting that have nothing to do with them: one
 * for each slow lane, for as long as the queue has a slice that is not between the same hosts: which of them is slow is
 * not known.
 * @param usual lanes that there are always; at most as many are added
 */
export function lanesBeside<Q extends Queued>(
  running: readonly PacedWork[],
  queue: readonly Q[],
  usual: number,
): Beside<Q> {
  const slow = running.filter(({ isSlow }) => isSlow);
  const extra = running.length - usual;
  if (slow.length === 0 || extra < 0) return { lanes: 0 };
  const hosts = new Set(slow.flatMap((work) => work.hosts));
  const ahead = queue.find((queued) => queued.hosts.some((host) => !hosts.has(host)));
  if (ahead === undefined) return { lanes: 0 };
  if (extra >= Math.min(slow.length, usual)) return { lanes: extra };
  return { lanes: extra + 1, ahead };
}

/** Of the run that has most of them: one that waits, else the oldest. */
function firstToGo<H extends RunningWork>(running: readonly H[], nowMs: number): H | undefined {
  const counts = new Map<string, number>();
  for (const { run } of running) counts.set(run, (counts.get(run) ?? 0) + 1);
  const [most] = [...counts].sort(([, one], [, two]) => two - one)[0] ?? [];
  const rank = ({ lack }: RunningWork) => (lack === undefined ? 1 : 0);
  return running
    .filter(({ run, sinceMs }) => run === most && nowMs - sinceMs > LEAST_TURN_MS)
    .sort((one, two) => rank(one) - rank(two) || one.sinceMs - two.sinceMs)[0];
}
