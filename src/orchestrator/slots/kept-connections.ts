import { isServer, type Side } from "../../transfer/sides/side.ts";
import type { Demand } from "./demand.ts";
import { PausedHosts } from "./paused.ts";
import type { Lease, Slots } from "./slots.ts";

/** How long connections that nobody uses wait for the next slice or scan, of this run or another one. */
const KEPT_MS = 15_000;
/** After so long others have their turn, also if no message says that they wait. */
const LONGEST_MS = 60_000;
/** A server counts a session for a moment after it has answered QUIT. */
const PARTING_MS = 100;

/** Sides that came with one lease. */
export interface Kept extends LeasePurpose {
  /** Which places these are, and what their connections may stand for. */
  readonly key: string;
  /** The accounts that they are logged in to, by their places' keys. */
  readonly hosts: readonly string[];
  sides: readonly Side[];
  readonly lease: Lease;
  readonly sinceMs: number;
  /** When they were last given back. */
  idleMs: number;
  /** Called when others may have what the lease was for. */
  onLost: () => void;
  timer: NodeJS.Timeout | undefined;
}

/** What a lease is for. */
interface LeasePurpose {
  /** The party that it was taken for. */
  party: string;
  /** The same, and all that it is for. */
  purpose: string;
  resources: readonly string[];
}

/** @param demand what a lease is taken with */
export function purposeOf({ party, weight, needs }: Demand): LeasePurpose {
  const resources = needs.map(({ resource }) => resource);
  return { party, purpose: JSON.stringify([party, weight, needs]), resources };
}

type SlotsOfKept = Pick<Slots, "onWanted" | "isWanted" | "onPaused">;

/** Says goodbye, and gives the lease back a moment later. */
export async function endKept(kept: Kept): Promise<void> {
  clearTimeout(kept.timer);
  try {
    await Promise.all(kept.sides.map((side) => side.close()));
  } finally {
    setTimeout(() => kept.lease[Symbol.dispose](), PARTING_MS).unref();
  }
}

/** One who waits for a lease, and takes what comes with another as well. */
interface Waiter {
  readonly key: string;
  readonly purpose: string;
  readonly take: (kept: Kept) => void;
}

/**
 * Connections that nobody uses any more, logged in and under their leases, for the next slices and scans in this
 * process, of whichever run. They are ended after a while without one, and at once when others wait for what they hold,
 * a host is paused, or what is configured has changed.
 */
export class KeptConnections implements AsyncDisposable {
  readonly #slots: SlotsOfKept;
  readonly #elapsedMs: () => number;
  readonly #paused: PausedHosts;
  readonly #idle = new Set<Kept>();
  readonly #waiting = new Set<Waiter>();
  /** Those made before have settings that may hold no more. */
  #renewedMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(slots: SlotsOfKept, elapsedMs: () => number) {
    this.#slots = slots;
    this.#elapsedMs = elapsedMs;
    this.#paused = new PausedHosts(elapsedMs);
    slots.onWanted((resource) => this.#makeRoom(resource));
    slots.onPaused((host, forMs) => {
      this.#paused.note(host, forMs);
      if (forMs > 0) this.release([host]);
    });
  }

  /** Milliseconds from any instant on. */
  get nowMs(): number {
    return this.#elapsedMs();
  }

  /** Those at these places, under a lease that was for the same; undefined where there are none. */
  take(key: string, { purpose }: LeasePurpose): Kept | undefined {
    return this.#pick((one) => one.key === key && one.purpose === purpose);
  }

  /**
   * The same under a lease that was for something else, which becomes one for this demand. Undefined, at once, where
   * there are none, and later where others have a better right to what they hold.
   */
  takeOver(key: string, demand: Demand): Promise<Kept | undefined> | undefined {
    const kept = this.#pick((one) => one.key === key);
    return kept && this.#exchanged(kept, demand);
  }

  async #exchanged(kept: Kept, demand: Demand): Promise<Kept | undefined> {
    if (await kept.lease.exchange(demand)) return Object.assign(kept, purposeOf(demand));
    this.offer(kept).catch(() => {});
    return undefined;
  }

  /** What is configured has changed: none that was made before is given to anybody. */
  renew(): void {
    this.#renewedMs = this.#elapsedMs();
    for (const kept of [...this.#idle]) this.#endLater(kept);
  }

  /** Ends those to these hosts that nobody uses. */
  release(hosts: readonly string[]): void {
    for (const kept of [...this.#idle])
      if (kept.hosts.some((one) => hosts.includes(one))) this.#endLater(kept);
  }

  #pick(fits: (kept: Kept) => boolean): Kept | undefined {
    for (const kept of this.#idle) {
      if (!fits(kept) || !this.#isGood(kept)) continue;
      clearTimeout(kept.timer);
      this.#idle.delete(kept);
      return kept;
    }
    return undefined;
  }

  /** Whether its lease counts, its settings hold, and no command on it is unanswered. */
  #isGood({ lease, sides, sinceMs }: Kept): boolean {
    if (lease.lost.aborted || sinceMs < this.#renewedMs) return false;
    return sides.every((side) => !isServer(side) || side.connected?.isReady === true);
  }

  /** Has those given to this one that are free first. @returns what ends the waiting; it is harmless afterwards */
  whenFree(key: string, purpose: string, take: (kept: Kept) => void): () => void {
    const waiter = { key, purpose, take };
    this.#waiting.add(waiter);
    return () => void this.#waiting.delete(waiter);
  }

  /** Nobody uses them any more: they go to the next one, wait here for it, or are ended. */
  async offer(kept: Kept): Promise<void> {
    const ageMs = this.#elapsedMs() - kept.sinceMs;
    const isOver = this.#isClosed || ageMs >= LONGEST_MS || !this.#isGood(kept);
    const { key, purpose, party, resources } = kept;
    const waiter = [...this.#waiting].find((one) => one.key === key && one.purpose === purpose);
    // Those of the same party take turns anyway.
    const isWanted = this.#slots.isWanted(resources, waiter === undefined ? undefined : party);
    const isPaused = kept.hosts.some((host) => this.#paused.isPaused(host));
    if (isOver || isWanted || isPaused) return endKept(kept);
    clearTimeout(kept.timer);
    kept.idleMs = this.#elapsedMs();
    if (waiter !== undefined) {
      this.#waiting.delete(waiter);
      return waiter.take(kept);
    }
    kept.onLost = () => this.#endLater(kept);
    kept.timer = setTimeout(() => this.#endLater(kept), Math.min(KEPT_MS, LONGEST_MS - ageMs));
    this.#idle.add(kept);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const idle = [...this.#idle];
    this.#idle.clear();
    await Promise.allSettled(idle.map(endKept));
  }

  /** One is enough for one who waits. */
  #makeRoom(resource: string): void {
    const kept = [...this.#idle].find(({ resources }) => resources.includes(resource));
    if (kept !== undefined) this.#endLater(kept);
  }

  /** Nobody waits for it: a connection that does not close as it should is gone all the same. */
  #endLater(kept: Kept): void {
    if (this.#idle.delete(kept)) endKept(kept).catch(() => {});
  }
}
