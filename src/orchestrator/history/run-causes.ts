import type { KeyNames } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import { findRow } from "../kv/rows.ts";
import { LuaScript } from "../kv/script.ts";
import { RAISE_PLANNED } from "../kv/stores/files/stored-scripts.ts";
import { COUNT_CAUSE } from "./causes-script.ts";

/**
 * KEYS: run, its causes. ARGV: generation, first reason, by how much, … What a beginning still adds that has been cut off
 * does not count, and a run that is forgotten has no causes.
 */
const COUNT = new LuaScript(`${COUNT_CAUSE}
local generation = redis.call('HGET', KEYS[1], 'generation')
if generation ~= ARGV[1] then return 0 end
for at = 2, #ARGV, 2 do countCause(KEYS[2], '', ARGV[at], ARGV[at + 1]) end
return 1
`);

/**
 * What has failed of a slice so far, in place of what was written before: a slice that is begun again begins with nothing,
 * and whoever had it before says nothing more.
 * KEYS: run, its causes, what has failed of its slices. ARGV: generation, slice, how often that was begun, then for each
 * reason: the reason, how many files.
 */
const COUNT_SLICE = new LuaScript(`${COUNT_CAUSE}${RAISE_PLANNED}
local run, causes, failing = unpack(KEYS)
local generation, slice, times = ARGV[1], ARGV[2], tonumber(ARGV[3])
local found = redis.call('HMGET', run, 'state', 'generation')
if found[1] ~= 'running' or found[2] ~= generation then return 0 end
local text = redis.call('HGET', failing, slice)
local before = text and cjson.decode(text) or {times = 0, causes = {}}
if before.times > times then return 0 end
local failed, now = 0, {}
for cause, count in pairs(before.causes) do
  countCause(causes, '', cause, -count)
  failed = failed - count
end
for at = 4, #ARGV, 2 do
  local count = tonumber(ARGV[at + 1])
  local field = countCause(causes, '', ARGV[at], count)
  now[field] = (now[field] or 0) + count
  failed = failed + count
end
redis.call('HSET', failing, slice, cjson.encode({times = times, causes = now}))
if failed ~= 0 then
  redis.call('HINCRBY', run, 'failed', failed)
  raisePlanned(run)
end
return 1
`);

/** A slice of one beginning of a run. */
interface SliceName {
  readonly run: string;
  readonly generation: number;
  readonly slice: string;
}

/** Files of a run that failed for the same reason. */
interface CauseCount {
  /** The reason, with `…` where it names the file. */
  readonly because: string;
  readonly count: number;
}

/** Why files of runs have failed, however many they are. */
export class RunCauses {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /**
   * @param generation the beginning of the run in which they have failed
   * @param by how many more files have failed for each reason
   */
  async count(run: string, generation: number, by: ReadonlyMap<string, number>): Promise<void> {
    const args = [...by].filter(([, amount]) => amount !== 0).flat();
    if (args.length === 0) return;
    await COUNT.run(this.#redis, [this.#names.run(run), this.#names.causes(run)], [generation, ...args]);
  }

  /**
   * Each file once, whoever dies: what is written about a slice replaces what was written before.
   * @param times how often the slice was begun, this time included
   * @param failures all that has failed of it since then: reason → how many files
   */
  async countSlice(
    { run, generation, slice }: SliceName,
    times: number,
    failures: ReadonlyMap<string, number>,
  ): Promise<void> {
    const keys = [this.#names.run(run), this.#names.causes(run), this.#names.failing(run)];
    await COUNT_SLICE.run(this.#redis, keys, [generation, slice, times, ...[...failures].flat()]);
  }

  /** The most frequent first. */
  async of(run: string): Promise<readonly CauseCount[]> {
    const key = this.#names.causes(run);
    const fields = Object.entries(await findRow(this.#redis, key, this.#redis.hgetall(key), {}));
    return fields
      .map(([because, count]) => ({ because, count: Number(count) }))
      .filter(({ count }) => Number.isSafeInteger(count) && count > 0)
      .sort((one, two) => two.count - one.count);
  }
}
