import {
  isConnected,
  type Lent,
  type LentSides,
  type Pair,
  type Place,
  type Pool,
  sharingKey,
} from "../../batch/pool.ts";
import { isServer, type Side } from "../../transfer/sides/side.ts";
import { type Demand, hostResource, type Need } from "./demand.ts";
import { endKept, type Kept, type KeptConnections, purposeOf } from "./kept-connections.ts";
import type { Slots } from "./slots.ts";
import { Spares } from "./spares.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** How long connections that nobody uses keep their leases: others may wait for these. */
const IDLE_MS = 500;
/** How long a further connection for the same file is waited for. */
const EXTRA_MS = 500;
/** A connection that has been silent for so long is asked whether it is still there. */
const SILENT_MS = 1_000;

/** Who takes leases. */
export interface SlotUser {
  readonly name: string;
  readonly weight: number;
  /** What this use takes besides the hosts. */
  readonly needs: readonly Need[];
  /** Called with what is waited for, and when that is over. */
  readonly onWaiting: (lack: string | undefined) => void;
}

/**
 * Connections under leases that all workers share: both sides of a pair come with one lease, and stay together.
 * Those that nobody uses for a moment are ended, and their leases given back.
 */
export class LeasedPool implements Pool {
  readonly #slots: Slots;
  readonly #party: SlotUser;
  readonly #idle: Kept[] = [];
  readonly #all = new Set<Kept>();
  readonly #spares: Spares;
  readonly #shared: KeptConnections | undefined;
  #isClosed = false;

  /** @param shared where connections come from that others do not use any more, and go in the end */
  constructor(slots: Slots, party: SlotUser, shared?: KeptConnections) {
    this.#slots = slots;
    this.#party = party;
    this.#shared = shared;
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

  /** A lease that is not to be had at once is left to those who copy other files. */
  async extra(places: readonly Place[], signal: AbortSignal): Promise<LentSides | undefined> {
    const patience = AbortSignal.timeout(EXTRA_MS);
    try {
      const kept = await this.#take(places, anySignal(signal, patience), true);
      return { sides: kept.sides, [Symbol.asyncDispose]: () => this.#giveBack(kept) };
    } catch (error) {
      if (patience.aborted && !signal.aborted) return undefined;
      throw error;
    }
  }

  shrink(place: Place): boolean {
    if (place.limit === Number.POSITIVE_INFINITY) return false;
    // The next one waits until the lease that was too many is given back.
    this.#slots.refused(hostResource(place.key)).catch(() => {});
    return true;
  }

  /** @param keeps whether others may go on with its connections, and with those that others have left at these hosts */
  async close(keeps = true): Promise<void> {
    this.#isClosed = true;
    if (!keeps) this.#shared?.release([...this.#all].flatMap(({ hosts }) => hosts));
    const idle = this.#shared === undefined || !keeps ? [] : [...this.#idle];
    const lent = [...this.#all].filter((kept) => !idle.includes(kept));
    const offering = idle.map((kept) => this.#forget(kept) && this.#shared?.offer(kept));
    await Promise.all([this.#spares.close(), ...lent.map((kept) => this.#end(kept)), ...offering]);
  }

  /** @param isExtra for a file that has a lane already, so that only the hosts' connections are needed */
  async #take(places: readonly Place[], signal: AbortSignal, isExtra = false): Promise<Kept> {
    const key = [...(isExtra ? ["extra"] : []), ...places.map(sharingKey)].join("\n");
    const at = this.#idle.findIndex((kept) => kept.key === key && !kept.lease.lost.aborted);
    const [idle] = at === -1 ? [] : this.#idle.splice(at, 1);
    if (idle !== undefined) {
      clearTimeout(idle.timer);
      return idle;
    }
    const { name, weight, needs, onWaiting } = this.#party;
    const all = [...needsOf(places), ...(isExtra ? [] : needs)];
    const demand = { party: name, weight, needs: all, onWaiting, logins: loginsOf(places) };
    const wanted = { key, places, demand };
    signal.throwIfAborted();
    const found = this.#shared?.take(key, purposeOf(demand)) ?? this.#shared?.takeOver(key, demand);
    // Where there are none, those that others give back from this moment on are waited for.
    const kept =
      (found && (await this.#living(found, wanted, signal))) ?? (await this.#freeOrNew(wanted, signal));
    this.#all.add(kept);
    // Others may be let in by now: what is still connected would be one too many.
    kept.onLost = () => this.#endLater(kept);
    if (kept.lease.lost.aborted) kept.onLost();
    return kept;
  }

  /** Those that nobody in this process used, if they still answer. */
  async #living(
    found: Kept | Promise<Kept | undefined>,
    { places }: Wanted,
    signal: AbortSignal,
  ): Promise<Kept | undefined> {
    const kept = await found;
    if (kept === undefined) return undefined;
    adopt(kept, places);
    const servers = kept.sides.filter(isServer);
    const isFresh = (this.#shared?.nowMs ?? 0) - kept.idleMs < SILENT_MS;
    if (!isFresh) await Promise.all(servers.map((side) => side.resync(signal)));
    if (!signal.aborted && servers.every(isConnected)) return kept;
    await endKept(kept);
    signal.throwIfAborted();
    return undefined;
  }

  /** Those that somebody in this process needs no more, or new ones: whichever come first. */
  async #freeOrNew(wanted: Wanted, signal: AbortSignal): Promise<Kept> {
    const { key, places, demand } = wanted;
    const purpose = purposeOf(demand);
    const given = new AbortController();
    let free: Kept | undefined;
    const stopWaiting = this.#shared?.whenFree(key, purpose.purpose, (kept) => {
      free = adopt(kept, places);
      given.abort();
    });
    try {
      const lease = await this.#slots.take(demand, anySignal(signal, given.signal));
      // Both have come at once: one is enough.
      if (free !== undefined) {
        lease[Symbol.dispose]();
        return free;
      }
      const nowMs = this.#shared?.nowMs ?? 0;
      const kept: Kept = {
        ...{ key, ...purpose, hosts: places.map((place) => place.key), lease },
        ...{ sides: places.map((place) => place.connect()), sinceMs: nowMs, idleMs: nowMs },
        ...{ onLost: () => {}, timer: undefined },
      };
      lease.lost.addEventListener("abort", () => kept.onLost(), { once: true });
      return kept;
    } catch (error) {
      if (free === undefined) throw error;
      if (!signal.aborted) return free;
      await endKept(free);
      throw error;
    } finally {
      stopWaiting?.();
      this.#party.onWaiting(undefined);
    }
  }

  async #giveBack(kept: Kept): Promise<void> {
    if (this.#isClosed || !this.#all.has(kept)) return this.#end(kept);
    kept.timer = setTimeout(() => this.#partLater(kept), IDLE_MS);
    this.#idle.push(kept);
  }

  /** Others may need what is idle here. */
  #partLater(kept: Kept): void {
    if (this.#shared === undefined) return this.#endLater(kept);
    if (this.#forget(kept)) this.#shared.offer(kept).catch(() => {});
  }

  /** Nobody waits for it: a connection that does not close as it should is gone all the same. */
  #endLater(kept: Kept): void {
    this.#end(kept).catch(() => {});
  }

  async #end(kept: Kept): Promise<void> {
    if (this.#forget(kept)) await endKept(kept);
  }

  /** @returns whether it was there */
  #forget(kept: Kept): boolean {
    clearTimeout(kept.timer);
    const at = this.#idle.indexOf(kept);
    if (at !== -1) this.#idle.splice(at, 1);
    return this.#all.delete(kept);
  }
}

/** Connections that are wanted. */
interface Wanted {
  readonly key: string;
  readonly places: readonly Place[];
  readonly demand: Demand;
}

/** What others have connected serves these places from now on. */
function adopt(kept: Kept, places: readonly Place[]): Kept {
  kept.sides = kept.sides.map((side, at) => places[at]?.adopt?.(side) ?? side);
  return kept;
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
