import type { Names } from "../kv/names.ts";
import type { RedisClient } from "../kv/client.ts";
import { findRow } from "../kv/rows.ts";
import { Script } from "../kv/script.ts";
import { COUNT_CAUSE } from "./causes-script.ts";

/** KEYS: run, its causes. ARGV: first reason, by how much, … A run that is forgotten has no causes. */
const COUNT = new Script(`${COUNT_CAUSE}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for at = 1, #ARGV, 2 do countCause(KEYS[2], '', ARGV[at], ARGV[at + 1]) end
return 1
`);

/** Files of a run that failed for the same reason. */
interface CauseCount {
  /** The reason, with `…` where it names the file. */
  readonly because: string;
  readonly count: number;
}

/** Why files of runs have failed, however many they are. */
export class RunCauses {
  readonly #redis: RedisClient;
  readonly #names: Names;

  constructor(redis: RedisClient, names: Names) {
    this.#redis = redis;
    this.#names = names;
  }

  /** @param by how many more files have failed for each reason; fewer where they are tried again */
  async count(run: string, by: ReadonlyMap<string, number>): Promise<void> {
    const args = [...by].filter(([, amount]) => amount !== 0).flat();
    if (args.length === 0) return;
    await COUNT.run(this.#redis, [this.#names.run(run), this.#names.causes(run)], args);
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
