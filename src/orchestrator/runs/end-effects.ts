import { NOTE_HISTORY } from "../history/history-script.ts";
import { LuaScript } from "../kv/script.ts";
import { CREATE_RUNS } from "./request.ts";
import { FORGET_STORED } from "../kv/stores/files/stored-scripts.ts";

/** Runs that the end of one wakes at most, beside the next of its job. */
const MOST_WOKEN = 8;
/** How long it is known who waits for a run, in seconds. */
export const WAITERS_SECONDS = 7 * 86_400;

/**
 * Lua: `goodSince(prefix, job, now, outcome, completed)` is when all of a job was last as it should be, by a run that
 * ends; nothing where that is not known. A retry has looked at a part: with the last run of its job, which lacked that
 * alone, it makes a whole one as of then.
 */
const GOOD_SINCE = `
local function goodSince(prefix, job, now, outcome, completed)
  if outcome ~= 'succeeded' then return nil end
  if completed == nil then return now end
  if completed == '' or redis.call('HGET', prefix .. ':job:' .. job, 'lastRun') ~= completed then return nil end
  return redis.call('HGET', prefix .. ':run:' .. completed, 'ended') or nil
end
`;

/** Lua: `countEnd(prefix, id, job, now, outcome, good)` notes how a run ended with its job and in the totals. */
const COUNT_END = `
local function countEnd(prefix, id, job, now, outcome, good)
  local record, totals = prefix .. ':job:' .. job, prefix .. ':totals'
  redis.call('HSET', record, 'lastRun', id, 'lastOutcome', outcome, 'lastEnded', now)
  local before = tonumber(redis.call('HGET', record, 'lastGood') or '') or 0
  -- A time that is still to come was noted by a clock that was wrong.
  if good and (tonumber(good) >= before or before > tonumber(now)) then redis.call('HSET', record, 'lastGood', good) end
  redis.call('HINCRBY', totals, 'runs:' .. outcome, 1)
  for _, counter in ipairs({'kept', 'skipped', 'failed'}) do
    redis.call('HINCRBY', totals, counter, redis.call('HGET', prefix .. ':run:' .. id, counter) or 0)
  end
end
`;

/**
 * Lua: `noteUnannounced(prefix, id, job, now, outcome, good)`: people are notified of each run, except of those that were cancelled. A
 * retry after which something is still missing is no recovery.
 */
const NOTE_UNANNOUNCED = `
local function noteUnannounced(prefix, id, job, now, outcome, good)
  if outcome == 'cancelled' then return end
  local record = prefix .. ':job:' .. job
  local isRecovery = good and redis.call('HGET', record, 'bad') == '1'
  if good then redis.call('HSET', record, 'bad', 0)
  elseif outcome ~= 'succeeded' then redis.call('HSET', record, 'bad', 1) end
  if isRecovery then redis.call('HSET', prefix .. ':run:' .. id, 'recovery', 1) end
  redis.call('ZADD', prefix .. ':untold', now, id)
end
`;

/**
 * Lua: `wakeWaiters(prefix, id, job)` names those that have waited for a run that has ended: the next of its job, and
 * the first who waited for its tree. Those behind wait for the first of these from now on, so that the end of one run
 * does not wake hundreds. Each is noted as woken.
 */
const WAKE_WAITERS = `
local function wakeWaiters(prefix, id, job)
  local waiters = prefix .. ':run:' .. id .. ':waiters'
  local woken = redis.call('ZRANGE', prefix .. ':job:' .. job .. ':open', 0, 0)
  local first = redis.call('ZRANGE', waiters, 0, ${MOST_WOKEN - 1})
  if #first > 0 then
    redis.call('ZREM', waiters, unpack(first))
    if redis.call('EXISTS', waiters) == 1 then
      local next = prefix .. ':run:' .. first[1] .. ':waiters'
      redis.call('ZUNIONSTORE', next, 2, next, waiters, 'AGGREGATE', 'MIN')
      redis.call('EXPIRE', next, ${WAITERS_SECONDS})
      redis.call('DEL', waiters)
    end
  end
  for _, one in ipairs(first) do
    if one ~= woken[1] then woken[#woken + 1] = one end
  end
  for _, one in ipairs(woken) do
    local run = prefix .. ':run:' .. one
    if redis.call('EXISTS', run) == 1 then redis.call('HINCRBY', run, 'woken', 1) end
  end
  return woken
end
`;

/**
 * The end of a run, with all that follows from it in one step: its record and its indexes, what was stored is
 * forgotten, the runs that follow are made, totals and history, notices, and whoever has waited.
 * KEYS: run. ARGV: prefix of all keys, id, job, generation or 0, now, outcome, because, whether it was a dry run, whether
 * it was a retry, the run that this completes or '', then for each run that follows: id, job, order. Returns {1, ids that were made, ids
 * that are to be looked at now} where this ended it, else {0}.
 * What was decided is counted for the totals now: an earlier beginning may have decided otherwise. A dry run is none of
 * the job's.
 */
export const END =
  new LuaScript(`${FORGET_STORED}${CREATE_RUNS}${NOTE_HISTORY}${GOOD_SINCE}${COUNT_END}${NOTE_UNANNOUNCED}${WAKE_WAITERS}
local prefix, id, job, generation, now, outcome, because, isDry, isRetry, completed = unpack(ARGV, 1, 10)
local run = KEYS[1]
if redis.call('HGET', run, 'state') == 'ended' then return {0} end
if generation ~= '0' and redis.call('HGET', run, 'generation') ~= generation then return {0} end
redis.call('HSET', run, 'state', 'ended', 'ended', now, 'outcome', outcome, 'because', because)
redis.call('ZREM', prefix .. ':open', id)
redis.call('ZREM', prefix .. ':job:' .. job .. ':open', id)
forgetStored(run)
local made = createRuns(prefix, now, 11)
if redis.call('ZADD', prefix .. ':ended', now, id) == 1 then redis.call('ZINCRBY', prefix .. ':kept', 1, job) end
if isDry ~= '1' then
  noteHistory(prefix, job, id, now, outcome, because)
  local good = goodSince(prefix, job, now, outcome, isRetry == '1' and completed or nil)
  countEnd(prefix, id, job, now, outcome, good)
  noteUnannounced(prefix, id, job, now, outcome, good)
end
return {1, made, wakeWaiters(prefix, id, job)}
`);
