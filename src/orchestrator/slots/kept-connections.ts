import { isServer, type Side } from "../../transfer/sides/side.ts";
import type { Lease, Slots } from "./slots.ts";

/** How long connections of a slice that is over wait for the next slice. */
const KEPT_MS = 1_000;
/** After so long others have their turn, also where it has not been heard that they wait. */
const LONGEST_MS = 30_000;
/** A server counts a session for a moment after it has said goodbye. */
const PARTING_MS = 100;

/** Sides that came with one lease. */
export interface Kept {
  /** Which places these are, and what their connections may stand for. */
  readonly key: string;
  /** For whom the lease was taken. */
  readonly party: string;
  /** The same, and all that it is for. */
  readonly purpose: string;
  readonly resources: readonly string[];
  readonly sides: readonly Side[];
  readonly lease: Lease;
  readonly sinceMs: number;
  /** Called when others may have what the lease was for. */
  onLost: () => void;
  timer: NodeJS.Timeout | undefined;
}

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
 * Connections of slices that are over, logged in and under their leases, for the next slices of the same run in this
 * process. They are ended after a moment without one, and at once when others wait for what they hold.
 */
export class KeptConnections implements AsyncDisposable {
  readonly #slots: Pick<Slots, "onWanted" | "isWanted">;
  readonly #elapsedMs: () => number;
  readonly #idle = new Set<Kept>();
  readonly #waiting = new Set<Waiter>();
  #isClosed = false;

  constructor(slots: Pick<Slots, "onWanted" | "isWanted">, elapsedMs: () => number) {
    this.#slots = slots;
    this.#elapsedMs = elapsedMs;
    slots.onWanted((resource) => this.#makeRoom(resource));
  }

  /** Milliseconds from any instant on. */
  get nowMs(): number {
    return this.#elapsedMs();
  }

  /** For such a purpose at these places; undefined where there are none. */
  take(key: string, purpose: string): Kept | undefined {
    for (const kept of this.#idle) {
      if (kept.key !== key || kept.purpose !== purpose || kept.lease.lost.aborted) continue;
      clearTimeout(kept.timer);
      this.#idle.delete(kept);
      return kept;
    }
    return undefined;
  }

  /** Has those given to this one that are free first. @returns what ends the waiting; it is harmless afterwards */
  whenFree(key: string, purpose: string, take: (kept: Kept) => void): () => void {
    const waiter = { key, purpose, take };
    this.#waiting.add(waiter);
    return () => void this.#waiting.delete(waiter);
  }

  /** Nobody uses them any more: they go to the next one, wait here for it, or are ended. */
  async offer(kept: Kept): Promise<void> {
    const isOver = this.#isClosed || kept.lease.lost.aborted;
    const isOld = this.#elapsedMs() - kept.sinceMs >= LONGEST_MS;
    const isGone = kept.sides.some((side) => isServer(side) && side.connected === undefined);
    const { key, purpose, party, resources } = kept;
    const waiter = [...this.#waiting].find((one) => one.key === key && one.purpose === purpose);
    // Those of the same party take turns anyway.
    const isWanted = this.#slots.isWanted(resources, waiter === undefined ? undefined : party);
    if (isOver || isOld || isGone || isWanted) return endKept(kept);
    clearTimeout(kept.timer);
    if (waiter !== undefined) {
      this.#waiting.delete(waiter);
      return waiter.take(kept);
    }
    kept.onLost = () => this.#endLater(kept);
    kept.timer = setTimeout(() => this.#endLater(kept), KEPT_MS);
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
