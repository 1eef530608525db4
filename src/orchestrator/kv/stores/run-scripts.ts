import { LuaScript } from "../script.ts";
import { CREATE_RUNS } from "../../runs/request.ts";
import { RAISE_PLANNED } from "./files/stored-scripts.ts";

// The steps that a run takes, each at once or not at all.

/** KEYS: runs. ARGV: prefix of all keys, now, then for each run: id, job, order. Returns ids of those that were made. */
export const CREATE = new LuaScript(`${CREATE_RUNS}
return createRuns(ARGV[1], ARGV[2], 3)
`);

/**
 * A run's failed files are tried again by one run at a time.
 * KEYS: the run that is retried. ARGV: prefix of all keys, now, id, job, order. Returns the id of the run that retries it:
 * this one, or one that has not ended.
 */
export const CREATE_RETRY = new LuaScript(`${CREATE_RUNS}
local before = redis.call('HGET', KEYS[1], 'retriedBy')
local state = before and redis.call('HGET', ARGV[1] .. ':run:' .. before, 'state')
if state and state ~= 'ended' then return before end
createRuns(ARGV[1], ARGV[2], 3)
redis.call('HSET', KEYS[1], 'retriedBy', ARGV[3])
return ARGV[3]
`);

/**
 * What is decided anew by each beginning is counted anew; what was copied and deleted stays.
 * A beginning that was not handed back was cut off, by a death or by a stall; it counts until the run gets further.
 * KEYS: run, prefix of workers' keys. ARGV: now, our worker. Returns {0} for a run that has ended, else {the generation
 * that is begun, deaths, beginnings that were cut off, whether files were in flight}.
 */
export const BEGIN = new LuaScript(`${RAISE_PLANNED}
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
local handedBack = tonumber(redis.call('HGET', KEYS[1], 'handedBack') or '')
if handedBack then
  redis.call('HINCRBY', KEYS[1], 'idle', math.max(0, math.floor(tonumber(ARGV[1]) - handedBack)))
  redis.call('HDEL', KEYS[1], 'handedBack')
end
local generation = redis.call('HINCRBY', KEYS[1], 'generation', 1)
if generation > 1 then
  for _, counter in ipairs({'kept', 'skipped', 'failed', 'files', 'bytes'}) do
    redis.call('HSET', KEYS[1], counter, 0)
  end
  redis.call('DEL', KEYS[1] .. ':causes', KEYS[1] .. ':failing')
  raisePlanned(KEYS[1])
end
return {generation, deaths, cutOff, hasSlices and 1 or 0}
`);

/** The time until it is begun again is none of its duration. KEYS: run. ARGV: generation, now. */
export const HAND_BACK = new LuaScript(`
if redis.call('HGET', KEYS[1], 'state') ~= 'running' then return 0 end
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'state', 'queued', 'handedBack', ARGV[2])
`);

/**
 * What a beginning still adds that has been cut off is no failure of the run.
 * KEYS: run, failed. ARGV: generation, then files.
 */
export const ADD_FAILED = new LuaScript(`
if redis.call('HGET', KEYS[1], 'state') ~= 'running' then return 0 end
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
for at = 2, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[at]) end
return 1
`);

/** KEYS: run. ARGV: first counter, its value, … */
export const SET = new LuaScript(`${RAISE_PLANNED}
redis.call('HSET', KEYS[1], unpack(ARGV))
raisePlanned(KEYS[1])
`);

/** Counts that stay what they are when a run is begun anew count for the totals, too. */
export const ADDED_UP = ["copied", "deleted", "retries"] as const;

/** KEYS: run, totals. ARGV: first counter, how much it grows by, whether that counts for the totals, … */
export const COUNT = new LuaScript(`${RAISE_PLANNED}
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
export const WAIT = new LuaScript(`
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'ended' then return 0 end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
`);

/** Events that one entry of a log has at most. */
const PACKED = 50;

/**
 * Appends events to a log, many to one entry, and forgets the first ones. An entry has the number of all events up to
 * its last one, the time, and its events. Its id is that of its first event; those of the others follow, as if each had
 * an entry of its own.
 * KEYS: log. ARGV: how many events are kept, now, then events.
 */
export const LOG = new LuaScript(`
local time = redis.call('TIME')
local ms, seq, sum = time[1] * 1000 + math.floor(time[2] / 1000), 0, 0
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if last then
  local lastMs, lastSeq = string.match(last[1], '^(%d+)-(%d+)$')
  if last[2][1] == 'sum' then sum = tonumber(last[2][2]) else sum = redis.call('XLEN', KEYS[1]) end
  if tonumber(lastMs) >= ms then
    ms, seq = tonumber(lastMs), tonumber(lastSeq) + 1
    if last[2][1] == 'sum' then seq = tonumber(lastSeq) + #last[2] / 2 - 2 end
  end
end
for at = 3, #ARGV, ${PACKED} do
  local upTo = math.min(at + ${PACKED - 1}, #ARGV)
  local count = upTo - at + 1
  sum = sum + count
  local fields = {'sum', string.format('%.0f', sum), 'at', ARGV[2]}
  for event = at, upTo do
    fields[#fields + 1] = 'event'
    fields[#fields + 1] = ARGV[event]
  end
  redis.call('XADD', KEYS[1], string.format('%.0f-%.0f', ms, seq), unpack(fields))
  seq = seq + count
end
local gone = sum - tonumber(ARGV[1])
while gone > 0 do
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 20)
  local ids = {}
  for _, entry in ipairs(first) do
    if entry[2][1] == 'sum' and tonumber(entry[2][2]) > gone then break end
    ids[#ids + 1] = entry[1]
  end
  if #ids > 0 then redis.call('XDEL', KEYS[1], unpack(ids)) end
  if #ids < 20 then break end
end
return 1
`);
