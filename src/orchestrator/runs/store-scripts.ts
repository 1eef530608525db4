import { Script } from "../redis/script.ts";

// The steps that a run takes, each at once or not at all.

/** KEYS: run, runs, open. ARGV: id, now, order, first field, its value, … Returns 1 where there was no such run. */
export const CREATE = new Script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'order', ARGV[3], 'created', ARGV[2], 'state', 'queued', 'wish', 'run', 'generation', 0)
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
return 1
`);

/** KEYS: run. ARGV: now. Returns the generation that is begun, or 0 for a run that has ended. */
export const BEGIN = new Script(`
if redis.call('HGET', KEYS[1], 'state') == 'ended' then return 0 end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'state', 'running')
redis.call('HSETNX', KEYS[1], 'started', ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'generation', 1)
`);

/** KEYS: run. ARGV: generation. */
export const HAND_BACK = new Script(`
if redis.call('HGET', KEYS[1], 'state') ~= 'running' then return 0 end
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'state', 'queued')
`);

/**
 * KEYS: run, open, job, totals, untold. ARGV: id, generation or 0, now, outcome, because, whether it was a dry run.
 * Returns 1 where this ended it.
 * People are told of what went wrong, and of the first run of a job that went well after that; a dry run is none of
 * the job's.
 */
export const END = new Script(`
if redis.call('HGET', KEYS[1], 'state') == 'ended' then return 0 end
if ARGV[2] ~= '0' and redis.call('HGET', KEYS[1], 'generation') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'state', 'ended', 'ended', ARGV[3], 'outcome', ARGV[4], 'because', ARGV[5])
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[6] == '1' then return 1 end
redis.call('HSET', KEYS[3], 'lastRun', ARGV[1], 'lastOutcome', ARGV[4], 'lastEnded', ARGV[3])
if ARGV[4] == 'succeeded' then redis.call('HSET', KEYS[3], 'lastGood', ARGV[3]) end
redis.call('HINCRBY', KEYS[4], 'runs:' .. ARGV[4], 1)
if ARGV[4] == 'cancelled' then return 1 end
local isBad = ARGV[4] ~= 'succeeded'
local isRecovery = not isBad and redis.call('HGET', KEYS[3], 'bad') == '1'
redis.call('HSET', KEYS[3], 'bad', isBad and 1 or 0)
if isRecovery then redis.call('HSET', KEYS[1], 'recovery', 1) end
if isBad or isRecovery then redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1]) end
return 1
`);

/**
 * What a run is found to have done beyond what was counted counts for the totals, too; these never become less.
 * KEYS: run, totals. ARGV: first counter, its value, …
 */
export const SET = new Script(`
for at = 1, #ARGV, 2 do
  local more = ARGV[at + 1] - (redis.call('HGET', KEYS[1], ARGV[at]) or 0)
  if more > 0 then redis.call('HINCRBY', KEYS[2], ARGV[at], string.format('%.0f', more)) end
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
end
`);
