import type { KeyNames } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import { findRow } from "../kv/rows.ts";
import { LuaScript } from "../kv/script.ts";

/** Sentences of one run that are kept. */
const MOST = 32;

/** KEYS: run, its notes. ARGV: a sentence. Returns 1 where it is new. A run that is forgotten has no notes. */
const NOTE = new LuaScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for _, one in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do if one == ARGV[1] then return 0 end end
if redis.call('LLEN', KEYS[2]) >= ${MOST} then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[1])
return 1
`);

/** What is worth knowing of runs as a whole: each sentence once, whichever workers found it. */
export class RunNotes {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** @returns whether nobody has noted it before */
  async add(run: string, sentence: string): Promise<boolean> {
    return (await NOTE.run(this.#redis, [this.#names.run(run), this.#names.notes(run)], [sentence])) === 1;
  }

  /** The earliest first. */
  async of(run: string): Promise<readonly string[]> {
    const key = this.#names.notes(run);
    return findRow(this.#redis, key, this.#redis.lrange(key, 0, -1), []);
  }
}
