import type { KeyNames } from "../kv/names.ts";
import { z } from "zod";
import type { RedisClient } from "../kv/client.ts";
import { LuaScript } from "../kv/script.ts";
import { CLOCK_SKEW_MS } from "../../shared/clock.ts";
import { Count, rowFault, findRow, Instant, leaveOut } from "../kv/rows.ts";
import { pausedChannel } from "./paused.ts";

/** The first pause of a host that nothing goes on with, and the longest one; each is twice the one before. */
const FIRST_MS = 5_000;
const LONGEST_MS = 600_000;
/** After so many pauses in a row, its work fails. */
const MOST_TRIES = 6;
/** How long a host is remembered to have been in trouble. */
const KEPT_MS = 86_400_000;

/**
 * Others who work with a host find the same trouble at the same time; that is no new try. A pause that is longer than
 * any of ours is none.
 * KEYS: host. ARGV: now, because, first pause, longest pause, most pauses, time to live, all in milliseconds; channel to
 * tell others, and which host it is. Returns
 * {until when it is paused, or 0 where it has been tried often enough, how many pauses there have been}.
 */
const TRIP = new LuaScript(`
local now, first, longest, most = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
local before = redis.call('HMGET', KEYS[1], 'until', 'times')
local untilMs, times = tonumber(before[1] or 0) or 0, tonumber(before[2] or 0) or 0
if untilMs > now + longest + ${CLOCK_SKEW_MS} then untilMs = 0 end
if untilMs > now then return {untilMs, math.max(times, 1)} end
times = times + 1
if times > most then return {0, times} end
untilMs = now + math.min(first * 2 ^ (times - 1), longest)
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', untilMs), 'because', ARGV[2], 'times', times)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('PUBLISH', ARGV[7], cjson.encode({ARGV[8], untilMs - now}))
return {untilMs, times}
`);

/** What went well with a host ends the trouble that was found, and no pause that somebody has asked for. KEYS: hosts. */
const RESET = new LuaScript(`
for _, key in ipairs(KEYS) do
  local isHash = redis.call('TYPE', key).ok == 'hash'
  if not isHash or not redis.call('HGET', key, 'asked') then redis.call('DEL', key) end
end
`);

interface Pause {
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
  readonly #names: KeyNames;
  /** Hosts that nothing was known of when this process looked last. */
  readonly #untroubled = new Set<string>();

  constructor(redis: RedisClient, names: KeyNames) {
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
    this.#untroubled.delete(host);
    const args = [nowMs, because, FIRST_MS, LONGEST_MS, MOST_TRIES, KEPT_MS, this.#channel, host];
    const [untilMs = 0, times = 0] = (await TRIP.run(
      this.#redis,
      [this.#names.host(host)],
      args,
    )) as number[];
    return untilMs === 0 ? undefined : { untilMs, because, times };
  }

  /** Pauses a host since somebody wants that, for as long as the longest pause; only {@link release} ends it before. */
  async pause(host: string, because: string, nowMs: number): Promise<Pause> {
    const [key, untilMs] = [this.#names.host(host), nowMs + LONGEST_MS];
    this.#untroubled.delete(host);
    await this.#redis
      .multi()
      .del(key)
      .hset(key, { until: untilMs, because, times: 1, asked: 1 })
      .pexpire(key, LONGEST_MS)
      .publish(this.#channel, JSON.stringify([host, LONGEST_MS]))
      .exec();
    return { untilMs, because, times: 1 };
  }

  /** What is known of a host; a pause that is longer than any of ours is none. */
  async #kept(host: string, nowMs: number): Promise<Pause | undefined> {
    const key = this.#names.host(host);
    const found = await findRow(this.#redis, key, this.#redis.hgetall(key), {});
    if (Object.keys(found).length === 0) return void this.#untroubled.add(host);
    this.#untroubled.delete(host);
    const read = Kept.safeParse(found);
    if (!read.success) return leaveOut(this.#redis, key, rowFault(read.error));
    const { until: untilMs, because, times } = read.data;
    if (untilMs <= nowMs + LONGEST_MS + CLOCK_SKEW_MS) return { untilMs, because, times };
    return leaveOut(this.#redis, key, "until: later than any pause can last");
  }

  /** Ends the pause of a host, whoever paused it. */
  async release(host: string): Promise<void> {
    await this.#redis
      .multi()
      .del(this.#names.host(host))
      .publish(this.#channel, JSON.stringify([host, 0]))
      .exec();
  }

  get #channel(): string {
    return pausedChannel(this.#names.prefix);
  }

  /** Something went well with these hosts. */
  async reset(hosts: readonly string[]): Promise<void> {
    const known = hosts.filter((host) => !this.#untroubled.has(host));
    if (known.length === 0) return;
    await RESET.run(
      this.#redis,
      known.map((host) => this.#names.host(host)),
      [],
    );
  }
}
