import { z } from "zod";
import type { RedisClient } from "../../client.ts";
import type { KeyNames } from "../../names.ts";
import { findRow } from "../../rows.ts";

/** For how long it is remembered which files a run that has not ended has left as they were. */
const KEPT_SECONDS = 7 * 86_400;

const How = z.enum(["keep", "skip"]);
export type How = z.infer<typeof How>;

/**
 * Files that a run has left as they were at the target, and whose sources were then deleted, renamed or moved: whoever plans
 * the run again does not find them.
 */
export class LeftFiles {
  readonly #redis: RedisClient;
  readonly #key: string;

  constructor(redis: RedisClient, names: KeyNames, run: string) {
    this.#redis = redis;
    this.#key = names.left(run);
  }

  /** @param key of the file, as `fileKey` says */
  async note(key: string, how: How): Promise<void> {
    await this.#redis.hset(this.#key, key, how);
    await this.#redis.expire(this.#key, KEPT_SECONDS);
  }

  async all(): Promise<Map<string, How>> {
    const rows = await findRow(this.#redis, this.#key, this.#redis.hgetall(this.#key), {});
    return new Map(
      Object.entries(rows).flatMap(([key, text]) => {
        const how = How.safeParse(text);
        return how.success ? [[key, how.data] as const] : [];
      }),
    );
  }
}
