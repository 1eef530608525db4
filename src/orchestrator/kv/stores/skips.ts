import type { KeyNames } from "../names.ts";
import type { RedisClient } from "../client.ts";
import { findRow, Instant, leaveOut } from "../rows.ts";

/** Due times that are past for so long are of no interest to anybody. */
const KEPT_MS = 40 * 86_400_000;

/** Due times that are to give no run, since a person wants that. */
export class Skips {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  async add(job: string, dueMs: number, nowMs: number): Promise<void> {
    const key = this.#names.skipped(job);
    const old = String(nowMs - KEPT_MS);
    await this.#redis.multi().zadd(key, dueMs, String(dueMs)).zremrangebyscore(key, "-inf", old).exec();
  }

  /** @returns false where it was not to be skipped */
  async remove(job: string, dueMs: number): Promise<boolean> {
    return (await this.#redis.zrem(this.#names.skipped(job), String(dueMs))) === 1;
  }

  /** This instant and later, in their order. */
  async of(job: string, fromMs: number): Promise<readonly number[]> {
    const key = this.#names.skipped(job);
    const finding = this.#redis.zrangebyscore(key, String(fromMs), "+inf");
    const found = await findRow(this.#redis, key, finding, []);
    return found.flatMap((text) => {
      const at = Instant.safeParse(text);
      return at.success ? [at.data] : (leaveOut(this.#redis, `${key} ${text}`, "not a valid time") ?? []);
    });
  }
}
