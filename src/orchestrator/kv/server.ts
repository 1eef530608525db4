import type { RedisClient } from "./client.ts";

/** What Redis says of itself; what it does not say is absent. */
interface RedisFigures {
  readonly version?: string;
  readonly usedBytes?: number;
  readonly maximumBytes?: number;
  readonly clients?: number;
  readonly upSeconds?: number;
}

const NUMBERS = {
  usedBytes: "used_memory",
  maximumBytes: "maxmemory",
  clients: "connected_clients",
  upSeconds: "uptime_in_seconds",
} as const;

/** The server itself: whether it is there, and how it is. */
export class RedisServer {
  readonly #redis: RedisClient;
  readonly #prefix: string;

  /** @param prefix of our keys */
  constructor(redis: RedisClient, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** Whether commands reach it now. */
  get isReady(): boolean {
    return this.#redis.status === "ready";
  }

  /** @throws the reply of a Redis that is full, read-only or cannot save what it is given */
  async requireWritable(): Promise<void> {
    await this.#redis.set(`${this.#prefix}:check`, "1", "PX", 1_000);
  }

  async figures(): Promise<RedisFigures> {
    const info = await this.#redis.info();
    const [, version] = /^(?:valkey_version|redis_version):(\S+)/m.exec(info) ?? [];
    const numbers = Object.entries(NUMBERS).flatMap(([name, line]) => {
      const [, value] = new RegExp(`^${line}:(\\d+)`, "m").exec(info) ?? [];
      return value === undefined ? [] : [[name, Number(value)] as const];
    });
    return { ...(version === undefined ? {} : { version }), ...Object.fromEntries(numbers) };
  }
}
