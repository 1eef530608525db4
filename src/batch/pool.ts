import { isServer, type Side } from "../transfer/sides/side.ts";
import type { RateTimetable } from "../shared/rate/timetable.ts";
import { Condition } from "../shared/waiting/condition.ts";
import { SelectionError } from "./errors.ts";

/** A place that files come from or go to, and how many connections to it there may be. */
export interface Place {
  /** Equal for two places that are one account: limits and claims go by it. */
  readonly key: string;
  /** Within these, equal for two places whose connections may stand for each other; absent: all may. */
  readonly scope?: string;
  /** The same without what only this process knows, such as secrets; absent: the scope has nothing like that. */
  readonly lasting?: string;
  readonly name: string;
  /** A path there as a location that people can read and use again. */
  readonly at: (path: string) => string;
  readonly connect: () => Side;
  /**
   * The side that goes on with what one of an equal {@link sharingKey} has connected, for another run perhaps: what
   * that one still remembered of files is forgotten. Absent: the same.
   */
  readonly adopt?: (side: Side) => Side;
  /** 1 …; `Infinity` for this machine. */
  readonly limit: number;
  /** Logins within a minute; absent: no limit. */
  readonly loginsPerMinute?: number;
  /** Bytes a second of all files from and to it; absent: no limit. */
  readonly rate?: RateTimetable;
  /** Bytes a second of all files from it to others, by their names. */
  readonly rateTo?: Readonly<Record<string, RateTimetable | undefined>>;
  /** The same of all files from others to it. */
  readonly rateFrom?: Readonly<Record<string, RateTimetable | undefined>>;
}

/** Two sides for one file; given back at the end of its scope. */
export interface Pair extends AsyncDisposable {
  readonly source: Side;
  readonly target: Side;
}

/** One side; given back at the end of its scope. */
export interface Lent extends AsyncDisposable {
  readonly side: Side;
}

/** One side for each place that was asked for; given back at the end of its scope. */
export interface LentSides extends AsyncDisposable {
  readonly sides: readonly Side[];
}

/** The connections of one account. */
interface Stock {
  limit: number;
  lent: number;
  /** The most that somebody has wanted at once. */
  wanted: number;
  readonly idle: IdleSide[];
  /** Connections that are being ended, to make room for others. */
  ending: Promise<void>;
}

interface IdleSide {
  readonly side: Side;
  /** See {@link sharingKey}. */
  readonly sharing: string;
}

/** Connections that are kept between files. */
export interface Pool {
  /**
   * Both sides of a file at once, or none, so that two files cannot wait for each other.
   * @throws SelectionError where one host would have to be both sides with one connection
   */
  borrow(source: Place, target: Place, signal: AbortSignal): Promise<Pair>;
  /** One side alone, for looking around. */
  borrowOne(place: Place, signal: AbortSignal): Promise<Lent>;
  /** One side alone where one is free or may be connected now; undefined where nobody should wait for it. */
  spare(place: Place): Lent | undefined;
  /** A side of each of these places where all are free or may be connected now; undefined where somebody would wait for one. */
  extra(places: readonly Place[], signal: AbortSignal): Promise<LentSides | undefined>;
  /**
   * Takes a refused connection as the server's limit.
   * @returns false where fewer than `needed` would be left, and nothing is changed
   */
  shrink(place: Place, needed: number): boolean;
  close(): Promise<void>;
}

/** A pool of one process, which keeps to each host's limit by itself. */
export class OwnPool implements Pool {
  readonly #isLast: boolean;
  readonly #stocks = new Map<string, Stock>();
  /** Whether a connection is free again. */
  readonly #returned = new Condition();

  /** @param isLast whether the process ends when it is closed, so that nobody waits for the servers to say goodbye */
  constructor(isLast = false) {
    this.#isLast = isLast;
  }

  async borrow(source: Place, target: Place, signal: AbortSignal): Promise<Pair> {
    if (source.key === target.key && source.limit < 2) {
      throw new SelectionError(
        `${source.name}: two connections are needed, but limits.connections is ${source.limit}`,
      );
    }
    for (;;) {
      const pair = this.#take([source, target]);
      if (pair !== undefined) {
        const [from, to] = pair;
        if (from === undefined || to === undefined) throw new Error("expected two sides");
        await this.#ended([source, target]);
        return this.#pairOf(source, from, target, to);
      }
      await this.#returned.changed(signal);
    }
  }

  async borrowOne(place: Place, signal: AbortSignal): Promise<Lent> {
    for (;;) {
      const [side] = this.#take([place]) ?? [];
      if (side !== undefined) {
        await this.#ended([place]);
        return { side, [Symbol.asyncDispose]: async () => this.#giveBack(place, side) };
      }
      await this.#returned.changed(signal);
    }
  }

  spare(place: Place): Lent | undefined {
    const isCrowded = this.#returned.isAwaited || this.#isHeldByOthers(place);
    const [side] = isCrowded ? [] : (this.#take([place]) ?? []);
    return side && { side, [Symbol.asyncDispose]: async () => this.#giveBack(place, side) };
  }

  async extra(places: readonly Place[]): Promise<LentSides | undefined> {
    const isCrowded = this.#returned.isAwaited || places.some((place) => this.#isHeldByOthers(place));
    const sides = isCrowded ? undefined : this.#take(places);
    if (sides === undefined) return undefined;
    const giveBack = async () => {
      for (const [at, place] of places.entries()) {
        const side = sides[at];
        if (side !== undefined) this.#giveBack(place, side);
      }
    };
    return { sides, [Symbol.asyncDispose]: giveBack };
  }

  shrink(place: Place, needed: number): boolean {
    const stock = this.#stock(place);
    if (stock.lent - 1 < Math.max(needed, stock.wanted)) return false;
    stock.limit = stock.lent - 1;
    return true;
  }

  async close(): Promise<void> {
    const idle = [...this.#stocks.values()].flatMap((stock) => stock.idle.splice(0));
    await Promise.all(idle.map(({ side }) => side.close(!this.#isLast)));
    await Promise.all([...this.#stocks.values()].map(({ ending }) => ending));
  }

  /** When the connections are gone that had to make room. */
  async #ended(places: readonly Place[]): Promise<void> {
    for (const place of places) await this.#stock(place).ending;
  }

  /** Whether one more connection would need the room of one that is idle, and cannot stand for it. */
  #isHeldByOthers(place: Place): boolean {
    const { idle, lent, limit } = this.#stock(place);
    const sharing = sharingKey(place);
    return idle.length + lent >= limit && !idle.some((one) => one.sharing === sharing);
  }

  /** All of these places at once, or none. */
  #take(places: readonly Place[]): readonly Side[] | undefined {
    const wanted = new Map<Stock, number>();
    for (const place of places) wanted.set(this.#stock(place), (wanted.get(this.#stock(place)) ?? 0) + 1);
    for (const [stock, count] of wanted) stock.wanted = Math.max(stock.wanted, count);
    if ([...wanted].some(([stock, count]) => stock.lent + count > stock.limit)) return undefined;
    return places.map((place) => {
      const stock = this.#stock(place);
      stock.lent += 1;
      const sharing = sharingKey(place);
      const own = stock.idle.filter((one) => one.sharing === sharing);
      // One that is logged in, rather than one that is at it.
      const chosen = own.findLast(({ side }) => isConnected(side)) ?? own.at(-1);
      if (chosen !== undefined) {
        stock.idle.splice(stock.idle.indexOf(chosen), 1);
        return chosen.side;
      }
      // A server counts those, too, that cannot stand for this one.
      const [surplus] = stock.lent + stock.idle.length > stock.limit ? stock.idle.splice(0, 1) : [];
      if (surplus !== undefined) stock.ending = endedAfter(stock.ending, surplus.side);
      return place.connect();
    });
  }

  #pairOf(source: Place, from: Side, target: Place, to: Side): Pair {
    return {
      source: from,
      target: to,
      [Symbol.asyncDispose]: async () => {
        this.#giveBack(source, from);
        this.#giveBack(target, to);
      },
    };
  }

  #giveBack(place: Place, side: Side): void {
    const stock = this.#stock(place);
    stock.lent -= 1;
    stock.idle.push({ side, sharing: sharingKey(place) });
    this.#returned.notify();
  }

  #stock(place: Place): Stock {
    const stock = this.#stocks.get(place.key) ?? {
      ...{ limit: place.limit, lent: 0, wanted: 0, idle: [], ending: Promise.resolve() },
    };
    // What two host files say of one account holds both ways.
    stock.limit = Math.min(stock.limit, place.limit);
    this.#stocks.set(place.key, stock);
    return stock;
  }
}

/** When a side has been closed, and those before it; one that cannot say goodbye has gone as well. */
async function endedAfter(before: Promise<void>, side: Side): Promise<void> {
  await Promise.all([before, side.close().catch(() => {})]);
}

/** Equal for two places whose sides may stand for each other. */
export function sharingKey({ key, scope }: Place): string {
  return scope === undefined ? key : `${key} ${scope}`;
}

/** Whether a side is a server that waits for commands. */
export function isConnected(side: Side): boolean {
  return isServer(side) && side.connected !== undefined;
}
