import { CREATE_RUNS, type RunRequest } from "../../runs/request.ts";
import { nothingWatched, WatchState } from "../../scheduler/arrival.ts";
import type { RedisClient } from "../client.ts";
import type { KeyNames } from "../names.ts";
import { Instant, readRow } from "../rows.ts";
import { LuaScript } from "../script.ts";
import type { RunStore } from "./runs.ts";

/**
 * What was seen is noted in the same step as its run is asked for, by whoever saw it first.
 * KEYS: watch. ARGV: version before, watched, now, prefix of all keys, then id, job and order of the run, where there
 * is to be one. Returns {0} where another has noted something since, else {1, ids that were made}.
 */
const NOTE = new LuaScript(`${CREATE_RUNS}
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return {0} end
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HSET', KEYS[1], 'watched', ARGV[2])
redis.call('HDEL', KEYS[1], 'fault')
if #ARGV > 4 then redis.call('HSET', KEYS[1], 'arrivedMs', ARGV[3]) end
return {1, createRuns(ARGV[4], ARGV[3], 5)}
`);

/**
 * Redis ends a key at an instant: where its clock was ahead and is set back, the key lasts until that comes.
 * KEYS: looking. ARGV: for how long it is taken, the longest that it can have, milliseconds. Returns 1 where it was taken.
 */
const TAKE = new LuaScript(`
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then redis.call('DEL', KEYS[1]) end
return redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'NX') and 1 or 0
`);

/** What a watched directory was last seen to hold. */
export interface StoredWatch {
  /** By which it is known whether another has noted something since. */
  readonly version: string;
  readonly watched: WatchState;
}

/** Watched directories: who looks now, and what was seen there. */
export class Watches {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  readonly #runs: RunStore;

  constructor(redis: RedisClient, names: KeyNames, runs: RunStore) {
    this.#redis = redis;
    this.#names = names;
    this.#runs = runs;
  }

  /**
   * Takes the right to look for a job's files.
   * @param forMs how long nobody else looks
   * @param restMs how long nobody looks after a look, at most
   */
  async take(job: string, forMs: number, restMs: number): Promise<boolean> {
    const args = [forMs, Math.max(forMs, restMs)];
    return (await TAKE.run(this.#redis, [this.#names.looking(job)], args)) === 1;
  }

  /** Nobody looks for so long from now on. */
  async rest(job: string, forMs: number): Promise<void> {
    await this.#redis.pexpire(this.#names.looking(job), forMs);
  }

  async get(job: string): Promise<StoredWatch> {
    const key = this.#names.watch(job);
    const { version = "0", watched } = await this.#redis.hgetall(key);
    const read =
      watched === undefined ? undefined : readRow(this.#redis, `${key} watched`, watched, WatchState);
    return { version, watched: read ?? nothingWatched };
  }

  /** @returns ids of the runs that were made; none where another has noted something since */
  async note(
    job: string,
    version: string,
    watched: WatchState,
    nowMs: number,
    requests: readonly RunRequest[],
  ): Promise<readonly string[]> {
    const fixed = [version, JSON.stringify(watched), nowMs, this.#names.prefix];
    const args = [...fixed, ...this.#runs.argsOf(requests)];
    const [, made = []] = (await NOTE.run(this.#redis, [this.#names.watch(job)], args)) as [
      number,
      string[]?,
    ];
    return made;
  }

  /** The directory could not be looked at. */
  async noteFault(job: string, because: string): Promise<void> {
    await this.#redis.hset(this.#names.watch(job), "fault", because);
  }

  /** When something last arrived, and why the directory could not be looked at the last time. */
  async lately(job: string): Promise<{ readonly arrivedMs?: number; readonly fault?: string }> {
    const { arrivedMs, fault } = await this.#redis.hgetall(this.#names.watch(job));
    const lastMs = Instant.safeParse(arrivedMs).data;
    return { ...(lastMs === undefined ? {} : { arrivedMs: lastMs }), ...(fault ? { fault } : {}) };
  }
}
