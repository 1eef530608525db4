import type { Names } from "../names.ts";
import { z } from "zod";
import type { RedisClient } from "../redis/connect.ts";
import { Count, faultOf, findRow, Instant, leaveOut } from "../redis/rows.ts";

/** The first pause of a host that nothing goes on with, and the longest one; each is twice the one before. */
const FIRST_MS = 5_000;
const LONGEST_MS = 600_000;
/** After so many pauses in a row, its work fails. */
const MOST_TRIES = 6;
/** Clocks of several machines differ by less. */
const SKEW_MS = 600_000;
/** How long a host is remembered to have been in trouble. */
const KEPT_MS = 86_400_000;

export interface Pause {
  /** Milliseconds since 1970. */
  readonly untilMs: number;
  readonly because: string;
  /** How many pauses there have been since something last went well. */
  readonly times: number;
}

const Kept = z.object({ until: Instant, because: z.string().default(""), times: Count.default(0) });

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
      const kept = await this.#kept(host, nowMs);
      if (kept !== undefined && kept.untilMs > nowMs) return kept;
    }
    return undefined;
  }

  /** Pauses a host. @returns undefined where it has been tried often enough */
  async trip(host: string, because: string, nowMs: number): Promise<Pause | undefined> {
    const key = this.#names.host(host);
    const before = await this.#kept(host, nowMs);
    // Others who worked with it find the same trouble at the same time; that is no new try.
    if (before !== undefined && before.untilMs > nowMs) return { ...before, because };
    const times = (before?.times ?? 0) + 1;
    if (times > MOST_TRIES) return undefined;
    const untilMs = nowMs + Math.min(FIRST_MS * 2 ** (times - 1), LONGEST_MS);
    await this.#redis.multi().hset(key, { until: untilMs, because, times }).pexpire(key, KEPT_MS).exec();
    return { untilMs, because, times };
  }

  /** What is known of a host; a pause that is longer than any of ours is none. */
  async #kept(host: string, nowMs: number): Promise<Pause | undefined> {
    const key = this.#names.host(host);
    const found = await findRow(this.#redis, key, this.#redis.hgetall(key), {});
    if (Object.keys(found).length === 0) return undefined;
    const read = Kept.safeParse(found);
    if (!read.success) return leaveOut(this.#redis, key, faultOf(read.error));
    const { until: untilMs, because, times } = read.data;
    if (untilMs <= nowMs + LONGEST_MS + SKEW_MS) return { untilMs, because, times };
    return leaveOut(this.#redis, key, "until: this is later than any pause lasts");
  }

  /** Something went well with these hosts. */
  async reset(hosts: readonly string[]): Promise<void> {
    if (hosts.length > 0) await this.#redis.del(...hosts.map((host) => this.#names.host(host)));
  }
}
