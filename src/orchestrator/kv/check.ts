import { Cluster } from "ioredis";
import { messageOf } from "../../shared/errors.ts";
import { RedisError } from "../errors.ts";
import type { RedisClient } from "./client.ts";
import { redisRefusal } from "./faults.ts";
import { isNewEnough, OLDEST_VERSION } from "./embedded/program.ts";

/**
 * Whether a Redis can be relied on: new enough, written to, and losing nothing by itself.
 * @param where as a person knows it
 * @param prefix of our keys
 * @returns what it may lose all the same, for a person to know
 * @throws RedisError that says what to set
 */
export async function checkRedis(
  client: RedisClient,
  where: string,
  prefix: string,
): Promise<readonly string[]> {
  const nodes = client instanceof Cluster ? client.nodes("master") : [client];
  const facts = await Promise.all(nodes.map(async (node) => parseInfo(await node.info())));
  const fault = facts.map(faultOf).find((one) => one !== undefined);
  if (fault !== undefined) throw new RedisError(`the Redis at ${where} ${fault}`);
  const key = `${prefix}:check`;
  try {
    await client.set(key, "1", "PX", 1_000);
    await client.del(key);
  } catch (error) {
    throw new RedisError(`the Redis at ${where} ${redisRefusal(messageOf(error))}`, error);
  }
  return facts.every((one) => one.get("aof_enabled") === "1")
    ? []
    : [`the Redis at ${where} has no append-only file and may lose runs on restart; set appendonly yes`];
}

/** The lines of INFO: `redis_version:7.0.15`. */
function parseInfo(info: string): ReadonlyMap<string, string> {
  return new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

function faultOf(facts: ReadonlyMap<string, string>): string | undefined {
  const version = facts.get("redis_version");
  if (!isNewEnough(version)) return `is version ${version ?? "unknown"}; expected ${OLDEST_VERSION} or newer`;
  if (facts.get("role") !== "master") return "is a replica; configure its master, or Redis Sentinel";
  const policy = facts.get("maxmemory_policy");
  if (policy !== "noeviction") {
    return `may evict queued work (maxmemory-policy ${policy ?? "unknown"}); set maxmemory-policy noeviction`;
  }
  return undefined;
}
