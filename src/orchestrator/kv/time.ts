import type { RedisClient } from "./client.ts";

/** Redis' clock, which all machines share: milliseconds since 1970. What one machine writes and another judges goes by it. */
export async function redisTimeMs(redis: RedisClient): Promise<number> {
  const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number);
  return seconds * 1_000 + Math.floor(microseconds / 1_000);
}
