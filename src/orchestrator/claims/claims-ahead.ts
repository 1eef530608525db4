import type { Begun, RunScope } from "../../transfer/ledger.ts";
import { Batches } from "../kv/batches.ts";
import type { RedisClient } from "../kv/client.ts";
import type { KeyNames } from "../kv/names.ts";
import { onceTaken } from "../kv/once-taken.ts";
import { packedRecord, RELEASE_ALL } from "./ledger-script.ts";
import type { WorkerLease } from "./worker-lease.ts";

/** Targets that are claimed in one step. Where their worker dies, each of these is looked for at its target. */
const MOST_AHEAD = 100;
/** For whoever else wants one of them: what is given back waits so long for more. */
const GIVE_BACK_MS = 1_000;
/** Targets that are given back in one step: Lua passes on no more than some thousands. */
const MOST_AT_ONCE = 1_000;

interface AheadDeps {
  readonly redis: RedisClient;
  readonly names: KeyNames;
  readonly presence: WorkerLease;
  /** Ends waiting for Redis. */
  readonly closing: AbortSignal;
  /** Targets that this worker has claimed. */
  readonly held: Set<string>;
}

/** A target that is claimed together with others. */
interface TakenAhead {
  readonly fresh: string;
  /** In which of its lives the worker claimed it. */
  readonly epoch: number;
}

/** Claims of one slice. */
interface SliceClaims {
  /** @returns undefined where the target has to be claimed alone: somebody has begun it, or there is no other to claim */
  take(key: string, fresh: Begun, scope: RunScope | undefined): Promise<TakenAhead | undefined>;
  /** Nothing of it is left; it is free for others within a second. */
  giveBack(key: string): Promise<void>;
  settled(): Promise<void>;
}

/**
 * Targets that nobody has begun are claimed many in one step, and given back likewise, so that a file costs next to no
 * command. Who finds one that has a record claims it alone: what was begun there, and who died on it, is counted for
 * each file.
 */
export class ClaimsAhead {
  readonly #deps: AheadDeps;
  readonly #leaving = new Set<string>();
  readonly #released = new Batches<string>((keys) => this.#release(keys), GIVE_BACK_MS);

  constructor(deps: AheadDeps) {
    this.#deps = deps;
  }

  forSlice(): SliceClaims {
    const taken = new Map<string, TakenAhead>();
    let isTogether = true;
    return {
      take: async (key, fresh, scope) => {
        const own = taken.get(key);
        taken.delete(key);
        // As long as Redis says nothing, nothing is begun: it could not be published any more.
        if (own !== undefined) await this.#deps.presence.untilFresh(this.#deps.closing);
        if (own?.epoch === this.#deps.presence.epoch && own.fresh === JSON.stringify(fresh)) return own;
        if (own !== undefined) this.#leave(key);
        if (!isTogether || scope === undefined) return undefined;
        const claimed = await this.#takeAll(key, fresh, scope);
        // Some of them have a record: from now on each is claimed when its turn comes.
        if (claimed === undefined) isTogether = false;
        for (const [one, ahead] of claimed ?? []) taken.set(one, ahead);
        const first = taken.get(key);
        taken.delete(key);
        return first;
      },
      giveBack: async (key) => this.#leave(key),
      settled: async () => {
        for (const key of taken.keys()) this.#leave(key);
        taken.clear();
        await this.#released.settled();
      },
    };
  }

  /** Until this target is free for others, where it is being given back. */
  async released(key: string): Promise<void> {
    if (this.#leaving.has(key)) await this.#released.settled();
  }

  /** All of them in one step; none where one of them has a record. */
  async #takeAll(
    key: string,
    fresh: Begun,
    scope: RunScope,
  ): Promise<ReadonlyMap<string, TakenAhead> | undefined> {
    const { redis, names, presence, closing, held } = this.#deps;
    await this.released(key);
    if (held.has(key)) return undefined;
    const records = new Map([[key, JSON.stringify(fresh)]]);
    for (const wanted of scope.upcoming()) {
      if (records.size >= MOST_AHEAD) break;
      if (!held.has(wanted.key)) records.set(wanted.key, JSON.stringify(wanted.fresh));
    }
    for (const one of records.keys()) held.add(one);
    try {
      await presence.untilSure(closing);
      const { epoch } = presence;
      const pairs = [...records].flatMap(([one, text]) => [
        names.target(one),
        packedRecord(presence.id, text),
      ]);
      const isTaken = (await onceTaken(closing, () => redis.msetnx(...pairs))) === 1;
      if (isTaken) return new Map([...records].map(([one, text]) => [one, { fresh: text, epoch }]));
    } catch (error) {
      for (const one of records.keys()) held.delete(one);
      throw error;
    }
    for (const one of records.keys()) held.delete(one);
    return undefined;
  }

  #leave(key: string): void {
    this.#leaving.add(key);
    this.#released.add(key);
  }

  /** What cannot be given back is free when this worker lives no more. */
  async #release(keys: readonly string[]): Promise<void> {
    const { redis, names, presence, closing, held } = this.#deps;
    for (let at = 0; at < keys.length; at += MOST_AT_ONCE) {
      const some = keys.slice(at, at + MOST_AT_ONCE);
      const targets = some.map((key) => names.target(key));
      await onceTaken(closing, () => RELEASE_ALL.run(redis, targets, [presence.id])).catch(() => {});
      for (const key of some) {
        this.#leaving.delete(key);
        held.delete(key);
      }
    }
  }
}
