import { Cluster, type Redis } from "ioredis";

export type RedisClient = Redis | Cluster;

/** One more connection like this one, for what takes a connection to itself: subscriptions. */
export function duplicate(client: RedisClient): RedisClient {
  // One call for both would have no type: each takes options of its own.
  return client instanceof Cluster ? client.duplicate() : client.duplicate();
}
