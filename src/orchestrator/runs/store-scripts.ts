import { NOTE_HISTORY } from "../history/history-script.ts";
import { Script } from "../kv/script.ts";
import { FORGET_STORED, RAISE_PLANNED } from "./stored-files.ts";

// The steps that a run takes, each at once or not at all.

/**
 * Lua: `createRun(prefix, id, job, now, order)` makes a run, unless there is one of this id, and enters it in all
 * indexes; returns whether it did.
 */
export const CREATE_RUN = `
local function createRun(prefix, id, job, now, order)
  local run = prefix .. ':run:' .. id
  if redis.call('EXISTS', run) == 1 then return false end
  redis.call('HSET', run, 'order', order, 'job', job, 'created', now, 'state', 'queued', 'wish', 'run', 'generation', 0)
  redis.call('ZADD', prefix .. ':runs', now, id)
  redis.call('ZADD', prefix .. ':open', now, id)
  redis.call('ZADD', prefix .. ':job:' .. job .. ':runs', now, id)
  redis.call('ZADD', prefix .. ':job:' .. job .. ':open', now, id)
  return true
end
`;

/** KEYS: runs. ARGV: prefix of all keys, id, job, now, order. Returns 1 where there was no such run. */
export const CREATE = new Script(`${CREATE_RUN}
return createRun(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]) and 1 or 0
`);

/**
 * What is decided anew by each beginning is counted anew; what was copied and deleted stays.
 * A beginning that was not handed back was cut off, by a death or by a stall; it counts until the run gets further.
 * KEYS: run, prefix of workers' keys. ARGV: now, our worker. Returns {0} for a run that has ended, else {the generation
 * that is begun, deaths, beginnings that were cut off, whether files were in flight}.
 */
export const BEGIN = new Script(`${RAISE_PLANNED}
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'ended' then return {0} end
if redis.call('EXISTS', KEYS[1]) == 0 then return {0} end
local found = redis.call('HMGET', KEYS[1], 'worker', 'lost', 'lostAt', 'cutOff', 'generation', 'sliced')
local lost, deaths, cutOff = '', 0, 0
local hasSlices = found[6] and found[6] == found[5]
if state == 'running' then
  local done = (redis.call('HGET', KEYS[1], 'copied') or '0') .. ' ' .. (redis.call('HGET', KEYS[1], 'deleted') or '0')
  local isStuck = found[3] == done
  cutOff = 1 + (isStuck and tonumber(found[4]) or 0)
  local before = (isStuck and found[2] or '') .. ' ' .. (found[1] or '')
  local known = {}
  for id in string.gmatch(before, '%S+') do
    if id ~= ARGV[2] and not known[id] then
      known[id] = true
      lost = lost .. ' ' .. id
      if redis.call('EXISTS', KEYS[2] .. id) == 0 then deaths = deaths + 1 end
    end
  end
  redis.call('HSET', KEYS[1], 'lost', lost, 'lostAt', done, 'cutOff', cutOff)
else
  redis.call('HDEL', KEYS[1], 'lost', 'lostAt', 'cutOff')
end
redis.call('HSET', KEYS[1], 'state', 'running', 'worker', ARGV[2])
redis.call('HSETNX', KEYS[1], 'started', ARGV[1])
local generation = redis.call('HINCRBY', KEYS[1], 'generation', 1)
if generation > 1 then
  for _, counter in ipairs({'kept', 'skipped', 'failed', 'files', 'bytes'}) do
    redis.call('HSET', KEYS[1], counter, 0)
  end
  redis.call('DEL', KEYS[1] .. ':causes')
  raisePlanned(KEYS[1])
end
return {generation, deaths, cutOff, hasSlices and 1 or 0}
`);

/** KEYS: run. ARGV: generation. */
export const HAND_BACK = new Script(`
if redis.call('HGET', KEYS[1], 'state') ~= 'running' then return 0 end
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'state', 'queued')
`);

/**
 * KEYS: run, open, job, totals, untold, open runs of the job, ended, kept. ARGV: id, generation or 0, now, outcome,
 * because, whether it was a dry run, job, prefix of all keys, then for each run that follows: id, job, order. Returns
 * {1, ids of those that were made} where this ended it, else {0}.
 * What was decided is counted for the totals now: an earlier beginning may have decided otherwise.
 * What its history says of it is written here, too.
 * People may be told of each but of those that were cancelled; a dry run is none of the job's.
 */
export const END = new Script(`${FORGET_STORED}${CREATE_RUN}${NOTE_HISTORY}
if redis.call('HGET', KEYS[1], 'state') == 'ended' then return {0} end
if ARGV[2] ~= '0' and redis.call('HGET', KEYS[1], 'generation') ~= ARGV[2] then return {0} end
redis.call('HSET', KEYS[1], 'state', 'ended', 'ended', ARGV[3], 'outcome', ARGV[4], 'because', ARGV[5])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[6], ARGV[1])
forgetStored(KEYS[1])
local made = {1}
for at = 9, #ARGV, 3 do
  if createRun(ARGV[8], ARGV[at], ARGV[at + 1], ARGV[3], ARGV[at + 2]) then made[#made + 1] = ARGV[at] end
end
if redis.call('ZADD', KEYS[7], ARGV[3], ARGV[1]) == 1 then redis.call('ZINCRBY', KEYS[8], 1, ARGV[7]) end
if ARGV[6] == '1' then return made end
noteHistory(ARGV[8], ARGV[7], ARGV[1], ARGV[3], ARGV[4], ARGV[5])
redis.call('HSET', KEYS[3], 'lastRun', ARGV[1], 'lastOutcome', ARGV[4], 'lastEnded', ARGV[3])
if ARGV[4] == 'succeeded' then redis.call('HSET', KEYS[3], 'lastGood', ARGV[3]) end
redis.call('HINCRBY', KEYS[4], 'runs:' .. ARGV[4], 1)
for _, counter in ipairs({'kept', 'skipped', 'failed'}) do
  redis.call('HINCRBY', KEYS[4], counter, redis.call('HGET', KEYS[1], counter) or 0)
end
if ARGV[4] == 'cancelled' then return made end
local isBad = ARGV[4] ~= 'succeeded'
local isRecovery = not isBad and redis.call('HGET', KEYS[3], 'bad') == '1'
redis.call('HSET', KEYS[3], 'bad', isBad and 1 or 0)
if isRecovery then redis.call('HSET', KEYS[1], 'recovery', 1) end
redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1])
return made
`);

/** KEYS: run. ARGV: first counter, its value, … */
export const SET = new Script(`${RAISE_PLANNED}
redis.call('HSET', KEYS[1], unpack(ARGV))
raisePlanned(KEYS[1])
`);

/** Counts that stay what they are when a run is begun anew count for the totals, too. */
export const ADDED_UP = ["copied", "deleted", "retries"] as const;

/** KEYS: run, totals. ARGV: first counter, how much it grows by, whether that counts for the totals, … */
export const COUNT = new Script(`${RAISE_PLANNED}
for at = 1, #ARGV, 3 do
  redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1])
  if ARGV[at + 2] == '1' then redis.call('HINCRBY', KEYS[2], ARGV[at], ARGV[at + 1]) end
end
raisePlanned(KEYS[1])
`);

/**
 * A run waits until another has ended.
 * KEYS: the other run, those that wait for it. ARGV: id, when it was asked for, time to live in seconds. Returns 0
 * where the other has ended already.
 */
export const WAIT = new Script(`
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'ended' then return 0 end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
`);

/**
 * Who has waited for a run that has ended: the next of its job, and the first who waited for its tree. Those behind
 * wait for the first of these from now on, so that the end of one run does not wake hundreds.
 * KEYS: open runs of the job, those that wait for the run. ARGV: prefix of runs' keys, how many are woken at most.
 * Returns ids.
 */
export const WAKE = new Script(`
local woken = redis.call('ZRANGE', KEYS[1], 0, 0)
local first = redis.call('ZRANGE', KEYS[2], 0, ARGV[2] - 1)
if #first > 0 then
  redis.call('ZREM', KEYS[2], unpack(first))
  if redis.call('EXISTS', KEYS[2]) == 1 then
    local next = ARGV[1] .. first[1] .. ':waiters'
    redis.call('ZUNIONSTORE', next, 2, next, KEYS[2], 'AGGREGATE', 'MIN')
    redis.call('EXPIRE', next, 604800)
    redis.call('DEL', KEYS[2])
  end
end
for _, id in ipairs(first) do
  if id ~= woken[1] then woken[#woken + 1] = id end
end
for _, id in ipairs(woken) do
  if redis.call('EXISTS', ARGV[1] .. id) == 1 then redis.call('HINCRBY', ARGV[1] .. id, 'woken', 1) end
end
return woken
`);
