import { afterAll, beforeAll } from "vitest";
import type { RedisClient } from "../../src/orchestrator/kv/client.ts";
import { connectRedis } from "../../src/orchestrator/kv/connect.ts";
import { startRedis, type TestRedis } from "./redis.ts";

/** A Redis for all tests of a file, and a client of it whose commands wait while it is away. */
export interface SharedRedis {
  readonly redis: TestRedis;
  readonly client: RedisClient;
}

/** Another client of a Redis of the tests. */
export function clientOf({ port }: Pick<TestRedis, "port">): Promise<RedisClient> {
  const address = { host: "127.0.0.1", port };
  return connectRedis({ kind: "server", address, database: 0 }, { whenAway: "wait", tell: () => {} });
}

/** Starts it before the tests of this file, and ends it behind them; it is there in hooks and tests only. */
export function sharedRedis(): SharedRedis {
  let redis: TestRedis | undefined;
  let client: RedisClient | undefined;
  beforeAll(async () => {
    redis = await startRedis();
    client = await clientOf(redis);
  });
  afterAll(async () => {
    client?.disconnect();
    await redis?.[Symbol.asyncDispose]();
  });
  const there = <T>(what: T | undefined): T => {
    if (what === undefined) throw new Error("Redis has not been started yet");
    return what;
  };
  return {
    get redis() {
      return there(redis);
    },
    get client() {
      return there(client);
    },
  };
}
