import { wouldLack } from "../slots/slots.ts";

/** A slice that was begun so lately is not asked to make room. */
const LEAST_TURN_MS = 1_000;

/** A slice that a worker has in hand. */
export interface Hand {
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

/** One of those in hand that makes room, and for whom. */
export interface Room<H, Q> {
  readonly hand: H;
  /** Its place in the queue from then on. */
  readonly turn: number;
  /** Comes to the front of the queue before; absent: who is there already. */
  readonly ahead?: Q;
}

/**
 * Who makes room where all hands are full: one that waits, for a slice that need not wait for the same; else one of
 * the run that has most of them, after its file, for a run that has none.
 * @param lacks what was found lacking lately
 */
export function roomFor<H extends Hand, Q extends Queued>(
  hands: readonly H[],
  queue: readonly Q[],
  lacks: ReadonlySet<string>,
  nowMs: number,
): Room<H, Q> | undefined {
  const idle = hands.findLast(({ lack, isYielding }) => lack !== undefined && !isYielding);
  const ahead = queue.find((queued) => ![...lacks].some((lack) => wouldLack(lack, queued)));
  if (idle !== undefined && ahead !== undefined) return { hand: idle, turn: idle.turn + 1, ahead };
  const starved = queue.find(({ run }) => !hands.some((hand) => hand.run === run));
  if (starved === undefined || hands.some(({ isYielding }) => isYielding)) return undefined;
  const hand = firstToGo(hands, nowMs);
  return hand && { hand, turn: starved.turn + 1 };
}

/** A slice in hand, and whether it holds its lane for next to nothing. */
export interface PacedHand {
  readonly hosts: readonly string[];
  readonly isSlow: boolean;
}

/** How many lanes there may be beside the usual ones, and which slice the next one is for. */
export interface Beside<Q> {
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
  hands: readonly PacedHand[],
  queue: readonly Q[],
  usual: number,
): Beside<Q> {
  const slow = hands.filter(({ isSlow }) => isSlow);
  const extra = hands.length - usual;
  if (slow.length === 0 || extra < 0) return { lanes: 0 };
  const hosts = new Set(slow.flatMap((hand) => hand.hosts));
  const ahead = queue.find((queued) => queued.hosts.some((host) => !hosts.has(host)));
  if (ahead === undefined) return { lanes: 0 };
  if (extra >= Math.min(slow.length, usual)) return { lanes: extra };
  return { lanes: extra + 1, ahead };
}

/** Of the run that has most of them: one that waits, else the oldest. */
function firstToGo<H extends Hand>(hands: readonly H[], nowMs: number): H | undefined {
  const counts = new Map<string, number>();
  for (const { run } of hands) counts.set(run, (counts.get(run) ?? 0) + 1);
  const [most] = [...counts].sort(([, one], [, two]) => two - one)[0] ?? [];
  const rank = ({ lack }: Hand) => (lack === undefined ? 1 : 0);
  return hands
    .filter(({ run, sinceMs }) => run === most && nowMs - sinceMs > LEAST_TURN_MS)
    .sort((one, two) => rank(one) - rank(two) || one.sinceMs - two.sinceMs)[0];
}
