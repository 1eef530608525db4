import { type Lent, type Pair, type Place, type Pool, sharingKey } from "../../batch/pool.ts";
import type { Side } from "../../transfer/sides/side.ts";
import { Spares } from "./spares.ts";
import { hostResource, type Lease, type Need, type Slots } from "./slots.ts";

/** How long connections that nobody uses keep their leases: others may wait for these. */
const IDLE_MS = 500;
/** A server counts a session for a moment after it has said goodbye. */
const PARTING_MS = 100;

/** For whom leases are taken. */
export interface Party {
  readonly name: string;
  readonly weight: number;
  /** What this use takes besides the hosts. */
  readonly needs: readonly Need[];
  /** Told what is waited for, and when that is over. */
  readonly onWaiting: (lack: string | undefined) => void;
}

/** Sides that came with one lease. */
interface Kept {
  readonly key: string;
  readonly sides: readonly Side[];
  readonly lease: Lease;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Connections under leases that all workers share: both sides of a pair come with one lease, and stay together.
 * Those that nobody uses for a moment are ended, and their leases given back.
 */
export class LeasedPool implements Pool {
  readonly #slots: Slots;
  readonly #party: Party;
  readonly #idle: Kept[] = [];
  readonly #all = new Set<Kept>();
  readonly #spares: Spares;
  #isClosed = false;

  constructor(slots: Slots, party: Party) {
    this.#slots = slots;
    this.#party = party;
    this.#spares = new Spares(slots);
  }

  async borrow(source: Place, target: Place, signal: AbortSignal): Promise<Pair> {
    const kept = await this.#take([source, target], signal);
    const [from, to] = kept.sides as [Side, Side];
    return { source: from, target: to, [Symbol.asyncDispose]: () => this.#giveBack(kept) };
  }

  async borrowOne(place: Place, signal: AbortSignal): Promise<Lent> {
    const kept = await this.#take([place], signal);
    const [side] = kept.sides as [Side];
    return { side, [Symbol.asyncDispose]: () => this.#giveBack(kept) };
  }

  /** Looking at what grows is worth a lease that nobody else wants, and no wait. */
  spare(place: Place): Lent | undefined {
    const { name, weight } = this.#party;
    return this.#spares.lend(place, {
      party: name,
      weight,
      needs: needsOf([place]),
      logins: loginsOf([place]),
    });
  }

  shrink(place: Place): boolean {
    if (place.limit === Number.POSITIVE_INFINITY) return false;
    // The next one waits until the lease that was too many is given back.
    this.#slots.refused(hostResource(place.key)).catch(() => {});
    return true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#spares.close(), ...[...this.#all].map((kept) => this.#end(kept))]);
  }

  async #take(places: readonly Place[], signal: AbortSignal): Promise<Kept> {
    const key = places.map(sharingKey).join("\n");
    const at = this.#idle.findIndex((kept) => kept.key === key && !kept.lease.lost.aborted);
    const [idle] = at === -1 ? [] : this.#idle.splice(at, 1);
    if (idle !== undefined) {
      clearTimeout(idle.timer);
      return idle;
    }
    const { name, weight, needs, onWaiting } = this.#party;
    const all = [...needsOf(places), ...needs];
    const lease = await this.#slots
      .take({ party: name, weight, needs: all, onWaiting, logins: loginsOf(places) }, signal)
      .finally(() => onWaiting(undefined));
    const kept: Kept = { key, sides: places.map((place) => place.connect()), lease, timer: undefined };
    this.#all.add(kept);
    // Others may be let in by now: what is still connected would be one too many.
    lease.lost.addEventListener("abort", () => this.#endLater(kept), { once: true });
    return kept;
  }

  async #giveBack(kept: Kept): Promise<void> {
    if (this.#isClosed || !this.#all.has(kept)) return this.#end(kept);
    kept.timer = setTimeout(() => this.#endLater(kept), IDLE_MS);
    this.#idle.push(kept);
  }

  /** Nobody waits for it: a connection that does not close as it should is gone all the same. */
  #endLater(kept: Kept): void {
    this.#end(kept).catch(() => {});
  }

  async #end(kept: Kept): Promise<void> {
    clearTimeout(kept.timer);
    const at = this.#idle.indexOf(kept);
    if (at !== -1) this.#idle.splice(at, 1);
    if (!this.#all.delete(kept)) return;
    try {
      await Promise.all(kept.sides.map((side) => side.close()));
    } finally {
      setTimeout(() => kept.lease[Symbol.dispose](), PARTING_MS).unref();
    }
  }
}

function needsOf(places: readonly Place[]): readonly Need[] {
  const needs = new Map<string, Need>();
  for (const place of places) {
    if (place.limit === Number.POSITIVE_INFINITY) continue;
    const resource = hostResource(place.key);
    const count = (needs.get(resource)?.count ?? 0) + 1;
    needs.set(resource, { resource, count, limit: place.limit });
  }
  return [...needs.values()];
}

function loginsOf(places: readonly Place[]) {
  const logins = new Map<string, { host: string; count: number; perMinute: number }>();
  for (const { key, loginsPerMinute } of places) {
    if (loginsPerMinute === undefined) continue;
    const count = (logins.get(key)?.count ?? 0) + 1;
    logins.set(key, { host: key, count, perMinute: loginsPerMinute });
  }
  return [...logins.values()];
}
