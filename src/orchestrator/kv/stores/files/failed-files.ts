import { PackedTask } from "../../../worker/slice/tasks.ts";
import type { RedisClient } from "../../client.ts";
import type { KeyNames } from "../../names.ts";
import { readRow } from "../../rows.ts";
import { ADD_FAILED } from "../run-scripts.ts";

/** Files of runs that have failed for good, kept for a run that tries them again. */
export class FailedFiles {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /** @param generation the beginning of the run in which these have failed */
  async add(run: string, generation: number, tasks: readonly PackedTask[]): Promise<void> {
    if (tasks.length === 0) return;
    const keys = [this.#names.run(run), this.#names.failed(run)];
    const args = [generation, ...tasks.map((task) => JSON.stringify(task))];
    await ADD_FAILED.run(this.#redis, keys, args);
  }

  async of(run: string): Promise<readonly PackedTask[]> {
    const all = await this.#redis.lrange(this.#names.failed(run), 0, -1);
    return all.flatMap((text) => readRow(this.#redis, this.#names.failed(run), text, PackedTask) ?? []);
  }

  async clear(run: string): Promise<void> {
    await this.#redis.del(this.#names.failed(run));
  }
}
