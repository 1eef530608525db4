import { createHash } from "node:crypto";
import { messageOf } from "../../shared/errors.ts";
import type { RedisClient } from "./client.ts";

/** A Lua script that Redis carries out as one step. */
export class LuaScript {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash("sha1").update(source).digest("hex");
  }

  /** @param keys all with the same {tag}, so that a cluster has them on one node */
  async run(
    client: RedisClient,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    try {
      return await client.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
      return client.eval(this.#source, keys.length, ...keys, ...args);
    }
  }
}
