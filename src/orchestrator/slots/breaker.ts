import type { Names } from "../names.ts";
import type { RedisClient } from "../redis/connect.ts";

/** The first pause of a host that nothing goes on with, and the longest one; each is twice the one before. */
const FIRST_MS = 5_000;
const LONGEST_MS = 600_000;
/** After so many pauses in a row, its work fails. */
const MOST_TRIES = 6;
/** How long a host is remembered to have been in trouble. */
const KEPT_MS = 86_400_000;

export interface Pause {
  /** Milliseconds since 1970. */
  readonly untilMs: number;
  readonly because: string;
  /** How many pauses there have been since something last went well. */
  readonly times: number;
}

/**
 * Hosts that nothing goes on with: full, or letting nobody in. Their work waits, and is tried with one slice after
 * each pause, rather than failing file after file.
 */
export class Breaker {
  readonly #redis: RedisClient;
  readonly #names: Names;

  constructor(redis: RedisClient, names: Names) {
    this.#redis = redis;
    this.#names = names;
  }

  /** Why and until when work with any of these hosts waits. */
  async waitFor(hosts: readonly string[], nowMs: number): Promise<Pause | undefined> {
    for (const host of hosts) {
      const { until, because = "", times } = await this.#redis.hgetall(this.#names.host(host));
      if (Number(until ?? 0) > nowMs) return { untilMs: Number(until), because, times: Number(times ?? 0) };
    }
    return undefined;
  }

  /** Pauses a host. @returns undefined where it has been tried often enough */
  async trip(host: string, because: string, nowMs: number): Promise<Pause | undefined> {
    const key = this.#names.host(host);
    const before = await this.#redis.hgetall(key);
    const wasMs = Number(before["until"] ?? 0);
    // Others who worked with it find the same trouble at the same time; that is no new try.
    if (wasMs > nowMs) return { untilMs: wasMs, because, times: Number(before["times"] ?? 1) };
    const times = Number(before["times"] ?? 0) + 1;
    if (times > MOST_TRIES) return undefined;
    const untilMs = nowMs + Math.min(FIRST_MS * 2 ** (times - 1), LONGEST_MS);
    await this.#redis.multi().hset(key, { until: untilMs, because, times }).pexpire(key, KEPT_MS).exec();
    return { untilMs, because, times };
  }

  /** Something went well with these hosts. */
  async reset(hosts: readonly string[]): Promise<void> {
    if (hosts.length > 0) await this.#redis.del(...hosts.map((host) => this.#names.host(host)));
  }
}
