import { type Clock, CLOCK_SKEW_MS } from "../../../shared/clock.ts";
import { CREDIT_MS } from "../../../shared/rate/bucket.ts";
import { minuteOfWeek, rateAt, type RateTimetable } from "../../../shared/rate/timetable.ts";
import type { RateLimit, RateLimits } from "../../../transfer/rate-limit.ts";
import type { RedisClient } from "../client.ts";
import type { KeyNames } from "../names.ts";
import { LuaScript } from "../script.ts";
import { hexDigest } from "../../../shared/hex-digest.ts";

/** Bytes are taken from Redis for so long at once. */
const QUANTUM_MS = 200;
/** A file that moves past us counts for so long at most: a worker that is killed cannot give back what it has taken. */
const MOST_MS = 3_600_000;

/**
 * The bucket of `shared/rate/bucket.ts`, by the clock of Redis. KEYS: rate. ARGV: bytes (less than 0: they are given back), bytes a
 * second, credit and most in milliseconds. Returns the milliseconds until they may move.
 */
const TAKE = new LuaScript(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local bytes, rate, credit, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('TYPE', KEYS[1]).ok ~= 'string' then redis.call('DEL', KEYS[1]) end
local free = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
-- Further ahead than it can be: it was written before the clock was set back.
if free > now + most + ${CLOCK_SKEW_MS} then free = now end
free = math.min(free, now + most)
local from = math.max(free, now - credit)
local after = math.min(from + bytes * 1000 / rate, now + most)
redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.max(1, math.ceil(after - now)) + 60000)
return tostring(math.ceil(math.max(0, from - now)))
`);

/** Limits of the rate that all workers share. */
export class RedisRates implements RateLimits {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  readonly #run: string;
  readonly #clock: Clock;
  readonly #limits = new Map<string, RedisRate>();

  constructor(redis: RedisClient, names: KeyNames, run: string, clock: Clock) {
    this.#redis = redis;
    this.#names = names;
    this.#run = run;
    this.#clock = clock;
  }

  of(key: string, timetable: RateTimetable): RateLimit {
    const known = this.#limits.get(key);
    if (known !== undefined) return known;
    const whose = key === "run" ? `run ${this.#run}` : key;
    const digest = hexDigest(whose, 32);
    const limit = new RedisRate(this.#redis, this.#names.rate(digest), timetable, this.#clock);
    this.#limits.set(key, limit);
    return limit;
  }

  /** Gives back what was taken ahead: each slice has limits of its own, and would lose that much of the rate. */
  [Symbol.dispose](): void {
    for (const limit of this.#limits.values()) limit.release();
  }
}

class RedisRate implements RateLimit {
  readonly #redis: RedisClient;
  readonly #key: string;
  readonly #timetable: RateTimetable;
  readonly #clock: Clock;
  /** Bytes that were taken from Redis and have not been asked for. */
  #held = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(redis: RedisClient, key: string, timetable: RateTimetable, clock: Clock) {
    this.#redis = redis;
    this.#key = key;
    this.#timetable = timetable;
    this.#clock = clock;
  }

  current(): number | undefined {
    return rateAt(this.#timetable, minuteOfWeek(this.#clock.now()));
  }

  take(bytes: number, signal: AbortSignal): Promise<void> {
    const taking = this.#turn.then(() => this.#take(bytes, signal));
    this.#turn = taking.catch(() => {});
    return taking;
  }

  giveBack(bytes: number): void {
    const rate = this.current();
    if (rate === undefined) return;
    // What cannot be given back is only time.
    this.#ask(-bytes, rate).catch(() => {});
  }

  /** Gives back what was taken ahead, once all who take from this one have ended. */
  release(): void {
    if (this.#held > 0) this.giveBack(this.#held);
    this.#held = 0;
  }

  async #take(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const rate = this.current();
    if (rate === undefined) return;
    if (this.#held < bytes) {
      const more = Math.max(bytes - this.#held, Math.round((rate * QUANTUM_MS) / 1_000));
      const waitMs = await this.#ask(more, rate);
      if (waitMs > 0)
        await this.#clock.sleep(waitMs, signal).catch((error: unknown) => {
          this.giveBack(more);
          throw error;
        });
      this.#held += more;
    }
    this.#held -= bytes;
  }

  async #ask(bytes: number, rate: number): Promise<number> {
    return Number(await TAKE.run(this.#redis, [this.#key], [bytes, rate, CREDIT_MS, MOST_MS]));
  }
}
