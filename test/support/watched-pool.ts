import {
  type Lent,
  type LentSides,
  OwnPool,
  type Pair,
  type Place,
  type Pool,
} from "../../src/batch/pool.ts";
import type { Side } from "../../src/transfer/sides/side.ts";

/** A pool that sees to it that a connection is used by whoever has it, and by nobody else. */
export class WatchedPool implements Pool {
  /** Uses of a connection by two at once, or by one who had given it back. */
  readonly misuses: string[] = [];
  readonly #pool = new OwnPool();

  async borrow(source: Place, target: Place, signal: AbortSignal): Promise<Pair> {
    const pair = await this.#pool.borrow(source, target, signal);
    const [from, to] = [this.#watched(pair.source), this.#watched(pair.target)];
    return {
      source: from.side,
      target: to.side,
      [Symbol.asyncDispose]: async () => {
        from.end();
        to.end();
        await pair[Symbol.asyncDispose]();
      },
    };
  }

  async borrowOne(place: Place, signal: AbortSignal): Promise<Lent> {
    return this.#lent(await this.#pool.borrowOne(place, signal));
  }

  spare(place: Place): Lent | undefined {
    const lent = this.#pool.spare(place);
    return lent && this.#lent(lent);
  }

  async extra(places: readonly Place[]): Promise<LentSides | undefined> {
    const lent = await this.#pool.extra(places);
    if (lent === undefined) return undefined;
    const watched = lent.sides.map((side) => this.#watched(side));
    return {
      sides: watched.map(({ side }) => side),
      [Symbol.asyncDispose]: async () => {
        for (const { end } of watched) end();
        await lent[Symbol.asyncDispose]();
      },
    };
  }

  shrink(place: Place, needed: number): boolean {
    return this.#pool.shrink(place, needed);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #lent(lent: Lent): Lent {
    const { side, end } = this.#watched(lent.side);
    return {
      side,
      [Symbol.asyncDispose]: async () => {
        end();
        await lent[Symbol.asyncDispose]();
      },
    };
  }

  /** The side as one borrower has it, until `end`. */
  #watched(side: Side): { readonly side: Side; readonly end: () => void } {
    let hasEnded = false;
    const open = new Set<string>();
    const use = (name: string) => {
      if (hasEnded) this.misuses.push(`${side.name}: ${name} after it was given back`);
    };
    const watched = new Proxy(side, {
      get: (on, key) => {
        const member: unknown = Reflect.get(on, key);
        if (typeof member !== "function") return member;
        const name = String(key);
        return (...given: unknown[]) => {
          use(name);
          const result: unknown = Reflect.apply(member, on, given);
          if (name === "list") return watchedListing(result as AsyncIterable<unknown>, open, use);
          if (!(result instanceof Promise)) return result;
          open.add(name);
          return result.finally(() => open.delete(name));
        };
      },
    });
    const end = () => {
      hasEnded = true;
      for (const name of open) this.misuses.push(`${side.name}: given back in the middle of ${name}`);
    };
    return { side: watched, end };
  }
}

async function* watchedListing(
  listing: AsyncIterable<unknown>,
  open: Set<string>,
  use: (name: string) => void,
): AsyncGenerator<unknown> {
  if (open.has("list")) use("a second listing");
  open.add("list");
  try {
    for await (const entry of listing) {
      use("list");
      yield entry;
    }
  } finally {
    open.delete("list");
  }
}
