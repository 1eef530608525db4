import { type Clock, systemClock } from "../../shared/clock.ts";
import type { RedisClient } from "./client.ts";
import { redisTimeMs } from "./time.ts";

/** How often the two clocks are compared. */
const COMPARE_MS = 5_000;

/**
 * Redis' clock, as this machine can tell it at any time: by how much its own clock differs is measured now and then,
 * and stays what it was while Redis is away. All that several machines write and judge goes by it.
 */
export class SharedClock implements Clock, Disposable {
  readonly #redis: RedisClient;
  readonly #local: Clock;
  #offsetMs = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(redis: RedisClient, local: Clock) {
    this.#redis = redis;
    this.#local = local;
  }

  /** @param local the clock of this machine */
  static async open(redis: RedisClient, local: Clock = systemClock): Promise<SharedClock> {
    const clock = new SharedClock(redis, local);
    await clock.compare();
    clock.#timer = setInterval(() => void clock.compare().catch(() => {}), COMPARE_MS).unref();
    return clock;
  }

  /** By how much Redis' clock is ahead of that of this machine, in milliseconds; 0 where no difference can be measured. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  // As values: a clock's functions are also passed on alone.
  readonly now = (): number => this.#local.now() + this.#offsetMs;
  readonly sleep: Clock["sleep"] = (ms, signal) => this.#local.sleep(ms, signal);

  /** Measures the difference; one that the answer's own way leaves possible stays as it is, so that time does not jitter. */
  async compare(): Promise<void> {
    const askedMs = this.#local.now();
    const redisMs = await redisTimeMs(this.#redis);
    // Both clocks tell whole milliseconds that have passed.
    const [leastMs, mostMs] = [redisMs - this.#local.now() - 1, redisMs - askedMs + 1];
    if (this.#offsetMs >= leastMs && this.#offsetMs <= mostMs) return;
    this.#offsetMs = Math.round((leastMs + mostMs) / 2);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
