import { type Lent, type Place, sharingKey } from "../../batch/pool.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { type Demand, hostResource } from "./demand.ts";
import type { Lease, Slots } from "./slots.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** Whoever looks again does so within a second or two; after so long nobody will. */
const IDLE_MS = 2_500;
/** A lease that is not to be had at once is none that is spare. */
const PATIENCE_MS = 500;
/** Connections of a host that stay free for those who copy. */
const LEFT_FREE = 1;

interface Spare {
  readonly side: Side;
  readonly lease: Lease;
  isLent: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Connections to look at what grows, one for each host, under leases like all others. There is one only as long as
 * nobody who copies could want it: whether that is so is found out while looks go on, so that none of them waits.
 */
export class Spares {
  readonly #slots: Slots;
  readonly #spares = new Map<string, Spare>();
  readonly #asking = new Set<string>();
  readonly #closing = new AbortController();

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** @param demand what it takes to connect there. @returns undefined where none is spare, or not yet */
  lend(place: Place, demand: Demand): Lent | undefined {
    if (this.#closing.signal.aborted || place.limit === Number.POSITIVE_INFINITY) return undefined;
    const key = sharingKey(place);
    const spare = this.#spares.get(key);
    if (!this.#asking.has(key)) {
      this.#asking.add(key);
      void this.#ask(key, place, demand)
        .catch(() => {})
        .finally(() => this.#asking.delete(key));
    }
    if (spare === undefined || spare.isLent || spare.lease.lost.aborted) return undefined;
    spare.isLent = true;
    clearTimeout(spare.timer);
    return {
      side: spare.side,
      [Symbol.asyncDispose]: async () => {
        spare.isLent = false;
        if (this.#spares.get(key) === spare) spare.timer = setTimeout(() => this.#endLater(key), IDLE_MS);
        else await this.#part(spare);
      },
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#spares.keys()].map((key) => this.#end(key)));
  }

  /** Gets one where there is room, and gives it back where there is none any more. */
  async #ask(key: string, place: Place, demand: Demand): Promise<void> {
    const inUse = (await this.#slots.inUse()).get(hostResource(place.key)) ?? 0;
    const has = this.#spares.has(key);
    if (has && inUse > place.limit - LEFT_FREE) await this.#end(key);
    if (has || inUse + 1 > place.limit - LEFT_FREE) return;
    const signal = anySignal(this.#closing.signal, AbortSignal.timeout(PATIENCE_MS));
    const lease = await this.#slots.take(demand, signal);
    const spare: Spare = { side: place.connect(), lease, isLent: false, timer: undefined };
    if (this.#closing.signal.aborted) return this.#part(spare);
    this.#spares.set(key, spare);
    spare.timer = setTimeout(() => this.#endLater(key), IDLE_MS);
    lease.lost.addEventListener("abort", () => this.#endLater(key), { once: true });
  }

  #endLater(key: string): void {
    this.#end(key).catch(() => {});
  }

  /** One that is lent is ended when it comes back. */
  async #end(key: string): Promise<void> {
    const spare = this.#spares.get(key);
    this.#spares.delete(key);
    clearTimeout(spare?.timer);
    if (spare !== undefined && !spare.isLent) await this.#part(spare);
  }

  async #part({ side, lease }: Spare): Promise<void> {
    try {
      await side.close();
    } finally {
      lease[Symbol.dispose]();
    }
  }
}
