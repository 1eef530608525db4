import { CLOCK_SKEW_MS, isFuture } from "../../../shared/clock.ts";
import { CREATE_RUNS, type RunRequest } from "../../runs/request.ts";
import type { RedisClient } from "../client.ts";
import type { KeyNames } from "../names.ts";
import { Instant } from "../rows.ts";
import { LuaScript } from "../script.ts";
import type { RunStore } from "./runs.ts";

/**
 * Due times are handled by one scheduler: the step that records them as handled requests their runs, too.
 * KEYS: job. ARGV: prefix of all keys, handled before (or ''), handled now, then for each run: id, job, order.
 * Returns {0} where another has handled them, else {1, ids that were made}.
 */
const FIRE = new LuaScript(`${CREATE_RUNS}
local seen = redis.call('HGET', KEYS[1], 'seenTo') or ''
if not string.match(seen, '^%d+$') or #seen > 16 then seen = '' end
if seen ~= ARGV[2] then return {0} end
redis.call('HSET', KEYS[1], 'seenTo', ARGV[3])
return {1, createRuns(ARGV[1], ARGV[3], 4)}
`);

/** KEYS: job. ARGV: now, the latest instant that is not by a wrong clock. */
const NOTE_KNOWN = new LuaScript(`
if (tonumber(redis.call('HGET', KEYS[1], 'knownSince') or '') or 0) > tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[1], 'knownSince')
end
redis.call('HSETNX', KEYS[1], 'knownSince', ARGV[1])
if redis.call('HDEL', KEYS[1], 'unknown') == 1 then redis.call('HSET', KEYS[1], 'knownAgain', ARGV[1]) end
return 1
`);

/** Up to when due times and deadlines of jobs have been handled. */
export class DueTimes {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  readonly #runs: RunStore;

  constructor(redis: RedisClient, names: KeyNames, runs: RunStore) {
    this.#redis = redis;
    this.#names = names;
    this.#runs = runs;
  }

  /**
   * Records that a job's due times have been handled, and requests their runs in the same step.
   * @param handledToMs up to when they had been handled before
   * @returns ids of the runs that were made; undefined where another scheduler has handled them
   */
  async fire(
    job: string,
    handledToMs: number | undefined,
    nowMs: number,
    requests: readonly RunRequest[],
  ): Promise<readonly string[] | undefined> {
    const { prefix } = this.#names;
    const args = [prefix, handledToMs ?? "", nowMs, ...this.#runs.argsOf(requests)];
    const [isOurs, made = []] = (await FIRE.run(this.#redis, [this.#names.job(job)], args)) as [
      number,
      string[]?,
    ];
    return isOurs === 1 ? made : undefined;
  }

  /** Since when a job is watched, which may be from now on, and up to when its late runs were reported. */
  async watchedFor(
    job: string,
    nowMs: number,
  ): Promise<{ readonly sinceMs: number; readonly reportedToMs: number }> {
    const key = this.#names.alarms(job);
    // A job that is new is late with nothing.
    await this.#redis.hsetnx(key, "since", nowMs);
    const { since, to } = await this.#redis.hgetall(key);
    const [sinceMs, reportedToMs] = [Instant.catch(nowMs).parse(since), Instant.catch(0).parse(to ?? 0)];
    // Written by a clock that was wrong: nothing would be late until then.
    if (isFuture(sinceMs, nowMs)) await this.#redis.hset(key, "since", nowMs);
    return {
      sinceMs: Math.min(sinceMs, nowMs),
      reportedToMs: isFuture(reportedToMs, nowMs) ? 0 : reportedToMs,
    };
  }

  /** All late runs of a job up to now have been reported. */
  async noteReported(job: string, nowMs: number): Promise<void> {
    await this.#redis.hset(this.#names.alarms(job), "to", nowMs);
  }

  /** A scheduler sees the job, for the first time or again. */
  async noteKnown(job: string, nowMs: number): Promise<void> {
    await NOTE_KNOWN.run(this.#redis, [this.#names.job(job)], [nowMs, nowMs + CLOCK_SKEW_MS]);
  }

  /** A scheduler sees it no longer. */
  async noteUnknown(job: string): Promise<void> {
    await this.#redis.hset(this.#names.job(job), "unknown", 1);
  }
}
