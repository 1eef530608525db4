import type { RedisClient } from "../client.ts";
import type { KeyNames } from "../names.ts";
import { LuaScript } from "../script.ts";

/** For how long it is kept what is in flight; whoever works on the run renews it with each file. */
const KEPT_SECONDS = 7 * 86_400;

/**
 * Takes room for a file where what is moved, what is in flight and the file stay within the limit. Files of workers that do not
 * live any more are not in flight. KEYS: run, room. ARGV: prefix of workers' keys, worker, bytes that are asked for, bytes that
 * are taken, limit, seconds. Returns {1 if they were taken, bytes moved, bytes in flight}.
 */
const TAKE = new LuaScript(`
local asked, taken, limit = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local moved, flight = 0, 0
for _, bytes in ipairs(redis.call('HMGET', KEYS[1], 'thirdParty', 'relayed', 'serverSide')) do
  moved = moved + (tonumber(bytes) or 0)
end
if redis.call('TYPE', KEYS[2]).ok ~= 'hash' then redis.call('DEL', KEYS[2]) end
local fields = redis.call('HGETALL', KEYS[2])
for at = 1, #fields, 2 do
  if redis.call('EXISTS', ARGV[1] .. fields[at]) == 1 then flight = flight + (tonumber(fields[at + 1]) or 0)
  else redis.call('HDEL', KEYS[2], fields[at]) end
end
local fits = moved + flight + asked <= limit
if fits and taken > 0 then
  redis.call('HINCRBY', KEYS[2], ARGV[2], taken)
  redis.call('EXPIRE', KEYS[2], ARGV[6])
end
return {fits and 1 or 0, moved, flight}
`);

/** KEYS: room. ARGV: worker, bytes. */
const RELEASE = new LuaScript(`
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return end
if redis.call('HINCRBY', KEYS[1], ARGV[1], -tonumber(ARGV[2])) <= 0 then redis.call('HDEL', KEYS[1], ARGV[1]) end
`);

/** What came of asking for room. Bytes. */
export interface RoomAnswer {
  readonly isTaken: boolean;
  /** What all workers have moved. */
  readonly moved: number;
  /** What all workers had in flight before. */
  readonly inFlight: number;
}

/** Room for the files of one run, which all workers share. */
export class TransferRoom {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  readonly #run: string;
  readonly #worker: string;

  constructor(redis: RedisClient, names: KeyNames, run: string, worker: string) {
    this.#redis = redis;
    this.#names = names;
    this.#run = run;
    this.#worker = worker;
  }

  /** @param asked bytes for which there has to be room @param taken bytes of them that are then in flight */
  async take(asked: number, taken: number, limit: number): Promise<RoomAnswer> {
    const names = this.#names;
    const keys = [names.run(this.#run), names.room(this.#run)];
    const args = [names.worker(""), this.#worker, asked, taken, limit, KEPT_SECONDS];
    const [isTaken, moved, inFlight] = (await TAKE.run(this.#redis, keys, args)) as number[];
    return { isTaken: isTaken === 1, moved: moved ?? 0, inFlight: inFlight ?? 0 };
  }

  async release(bytes: number): Promise<void> {
    await RELEASE.run(this.#redis, [this.#names.room(this.#run)], [this.#worker, bytes]);
  }
}
