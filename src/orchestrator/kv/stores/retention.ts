import type { KeyNames } from "../names.ts";
import type { RedisClient } from "../client.ts";
import { leaveOut } from "../rows.ts";
import { LuaScript } from "../script.ts";
import { runOf } from "../../runs/run-of.ts";
import { FORGET_STORED } from "./files/stored-scripts.ts";

/** Which records of ended runs are kept. */
export interface Retention {
  /** Records of all jobs together. */
  readonly runs: number;
  /** Milliseconds since a run has ended. */
  readonly ageMs: number;
}

/** Records that one step deletes at most: Redis answers nobody else meanwhile. */
const BATCH = 200;
/** Records that are read at once. */
const PAGE = 500;

/**
 * Deletes records that are too old, then, while there are too many, the oldest one of the job that has most.
 * KEYS: runs, ended, open, kept. ARGV: prefix of all keys, how many are kept, the instant up to which they are too
 * old, how many are deleted at most. Returns {how many were, whether every run is either open or ended}.
 */
const FORGET = new LuaScript(`${FORGET_STORED}
local runs, ended, open, kept = unpack(KEYS)
local prefix, most, batch = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local agree = redis.call('ZCARD', runs) == redis.call('ZCARD', ended) + redis.call('ZCARD', open)
local forgotten = 0

local function forget(id)
  local run = prefix .. ':run:' .. id
  local job = redis.call('HGET', run, 'job')
  redis.call('UNLINK', run, run .. ':log', run .. ':failed', run .. ':waiters', run .. ':causes')
  redis.call('UNLINK', run .. ':notes', run .. ':transcripts', run .. ':hooks', run .. ':room', run .. ':left')
  forgetStored(run)
  redis.call('ZREM', runs, id)
  redis.call('ZREM', ended, id)
  forgotten = forgotten + 1
  if not job then return end
  redis.call('ZREM', prefix .. ':job:' .. job .. ':runs', id)
  if tonumber(redis.call('ZINCRBY', kept, -1, job)) <= 0 then redis.call('ZREM', kept, job) end
end

local function oldestOf(job)
  local index = prefix .. ':job:' .. job
  for _, id in ipairs(redis.call('ZRANGE', index .. ':runs', 0, redis.call('ZCARD', index .. ':open'))) do
    if redis.call('ZSCORE', ended, id) then return id end
  end
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', ended, '-inf', ARGV[3], 'LIMIT', 0, batch)) do forget(id) end
while forgotten < batch and redis.call('ZCARD', ended) > most do
  local job = redis.call('ZREVRANGE', kept, 0, 0)[1]
  local id = job and oldestOf(job)
  if id then forget(id)
  elseif job then redis.call('ZREM', kept, job)
  else forget(redis.call('ZRANGE', ended, 0, 0)[1]) end
end
return {forgotten, agree and 1 or 0}
`);

/** Forgets records of runs that have ended: those that are too old, and those that are too many. */
export class RunRetention {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;
  readonly #keep: Retention;
  #isIndexed = false;

  constructor(redis: RedisClient, names: KeyNames, keep: Retention) {
    this.#redis = redis;
    this.#names = names;
    this.#keep = keep;
  }

  /** @returns how many were forgotten */
  async forget(nowMs: number, signal?: AbortSignal): Promise<number> {
    const { prefix, runs, ended, open, kept } = this.#names;
    const keys = [runs, ended, open, kept];
    const args = [prefix, this.#keep.runs, nowMs - this.#keep.ageMs, BATCH];
    let sum = 0;
    while (signal?.aborted !== true) {
      const [forgotten = 0, agree] = (await FORGET.run(this.#redis, keys, args)) as number[];
      sum += forgotten;
      if (agree === 0 && !this.#isIndexed) await this.#index();
      else if (forgotten < BATCH) break;
    }
    return sum;
  }

  /** Enters runs into the indexes that an older version did not have; what is no run any more leaves them. */
  async #index(): Promise<void> {
    this.#isIndexed = true;
    const jobs = new Set<string>();
    for (let from = 0; ; from += PAGE) {
      const ids = await this.#redis.zrange(this.#names.runs, String(from), String(from + PAGE - 1));
      if (ids.length === 0) break;
      from -= await this.#indexPage(ids, jobs);
    }
    for (const job of jobs) {
      const [all, open] = await Promise.all([
        this.#redis.zcard(this.#names.runsOf(job)),
        this.#redis.zcard(this.#names.openOf(job)),
      ]);
      if (all > open) await this.#redis.zadd(this.#names.kept, all - open, job);
    }
  }

  /** @returns how many of them were no runs */
  async #indexPage(ids: readonly string[], jobs: Set<string>): Promise<number> {
    const names = this.#names;
    const reading = this.#redis.pipeline();
    for (const id of ids) reading.hgetall(names.run(id));
    const answers = (await reading.exec()) ?? [];
    const writing = this.#redis.pipeline();
    let none = 0;
    for (const [at, id] of ids.entries()) {
      const read = runOf(id, (answers[at]?.[1] ?? {}) as Record<string, string>);
      if ("fault" in read) {
        leaveOut(this.#redis, names.run(id), read.fault);
        none += 1;
        writing.zrem(names.runs, id).zrem(names.open, id).zrem(names.ended, id);
        continue;
      }
      const { run } = read;
      const { job } = run.order;
      jobs.add(job);
      writing.hset(names.run(id), "job", job).zadd(names.runsOf(job), run.createdMs, id);
      if (run.state === "ended") {
        writing.zadd(names.ended, run.endedMs ?? run.createdMs, id);
        writing.zrem(names.open, id).zrem(names.openOf(job), id);
      } else writing.zadd(names.open, run.createdMs, id).zadd(names.openOf(job), run.createdMs, id);
    }
    await writing.exec();
    return none;
  }
}
