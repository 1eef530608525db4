import { LuaScript } from "../../script.ts";

/** Entries of the one hash that small runs have, and how many hashes there are for what does not fit into it. */
export const FIRST_BUCKET = 400;
export const BUCKETS = 4_096;
/** Buckets that are forgotten in one step. */
const UNLINKED = 1_024;
/**
 * Lua: `forgetStored(run)` deletes what is known of a run's files.
 */
export const FORGET_STORED = `
local function forgetStored(run)
  local stored = run .. ':stored'
  if redis.call('HLEN', stored) >= ${FIRST_BUCKET} then
    for from = 0, ${BUCKETS - 1}, ${UNLINKED} do
      local buckets = {}
      for at = from, from + ${UNLINKED - 1} do buckets[#buckets + 1] = stored .. ':' .. at end
      redis.call('UNLINK', unpack(buckets))
    end
  end
  redis.call('UNLINK', stored, run .. ':sent', run .. ':finished', run .. ':failing')
end
`;

/**
 * Lua: `countersOf(run)` reads its counters, its state, and whether each of its files is noted once only: it is the first
 * beginning of the run, and no slice was taken twice. `raisePlanned(run)`: what was copied or has failed was planned.
 */
export const RAISE_PLANNED = `
local function countersOf(run)
  -- Whether the one hash that small runs have is full.
  local names = {'files', 'bytes', 'copied', 'failed', 'thirdParty', 'relayed', 'serverSide', 'resumed', 'full'}
  local found = redis.call('HMGET', run, 'state', 'generation', 'again', unpack(names))
  local is = {}
  for at, name in ipairs(names) do is[name] = tonumber(found[at + 3]) or 0 end
  return is, found[1], found[2] == '1' and not found[3]
end

local function setCounters(run, is, changed)
  local files, bytes = is.copied + is.failed, is.thirdParty + is.relayed + is.serverSide + is.resumed
  if files > is.files then is.files, changed.files = files, true end
  if bytes > is.bytes then is.bytes, changed.bytes = bytes, true end
  local fields = {}
  for name in pairs(changed) do
    fields[#fields + 1] = name
    fields[#fields + 1] = string.format('%.0f', is[name])
  end
  if #fields > 0 then redis.call('HSET', run, unpack(fields)) end
end

local function raisePlanned(run)
  local is = countersOf(run)
  setCounters(run, is, {})
end
`;

/**
 * Notes that files are stored, and counts them for their run: each once, with the bytes of the last time.
 * KEYS: run, totals, stored. ARGV: for each file its key, bucket, way (a capital letter where it is not done), bytes,
 * resumed.
 */
export const NOTE = new LuaScript(`${RAISE_PLANNED}
local run, totals, stored = unpack(KEYS)
local is, state, isOnce = countersOf(run)
if not state then return 0 end
local counters = {t = 'thirdParty', r = 'relayed', s = 'serverSide', x = 'thirdParty', y = 'relayed', z = 'serverSide'}
local added, forTotals = {}, {}
local function add(to, name, amount) to[name] = (to[name] or 0) + amount end
local function counterOf(way) return way and counters[string.lower(way)] end

-- What was noted of each before, and where: once the first hash is full, in that of its bucket.
local noted, place = {}, {}
local function look(hash, keys)
  for at, old in ipairs(redis.call('HMGET', hash, unpack(keys))) do
    if old then noted[keys[at]], place[keys[at]] = old, hash end
  end
end
local all = {}
for at = 1, #ARGV, 5 do all[#all + 1] = ARGV[at] end
if not isOnce then look(stored, all) end
local room = is.full == 1 and 0 or ${FIRST_BUCKET} - redis.call('HLEN', stored)
if room <= 0 and not isOnce then
  local keysOf = {}
  for at = 1, #ARGV, 5 do
    if not noted[ARGV[at]] then
      local bucket = stored .. ':' .. ARGV[at + 1]
      keysOf[bucket] = keysOf[bucket] or {}
      table.insert(keysOf[bucket], ARGV[at])
    end
  end
  for bucket, keys in pairs(keysOf) do look(bucket, keys) end
end

local written = {}
for at = 1, #ARGV, 5 do
  local key, way, bytes, resumed = ARGV[at], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local old = noted[key]
  -- Noted before its source went, and now after it: the bytes have moved once.
  local isSame = old and string.sub(old, 2) == bytes .. '+' .. resumed and string.find(old, '^[w-z]')
  if old then
    local oldWay, oldBytes, oldResumed = string.match(old, '^(.)(%d+)%+(%d+)$')
    if counterOf(oldWay) then add(added, counterOf(oldWay), -tonumber(oldBytes)) end
    add(added, 'resumed', -tonumber(oldResumed or 0))
  else
    add(added, 'copied', 1)
    add(forTotals, 'copied', 1)
  end
  if counterOf(way) then
    add(added, counterOf(way), tonumber(bytes))
    if not isSame then add(forTotals, counterOf(way), tonumber(bytes)) end
  end
  add(added, 'resumed', tonumber(resumed))
  if not isSame then add(forTotals, 'resumed', tonumber(resumed)) end
  if not place[key] then
    place[key] = room > 0 and stored or stored .. ':' .. ARGV[at + 1]
    room = room - 1
  end
  noted[key] = way .. bytes .. '+' .. resumed
  local hash = place[key]
  written[hash] = written[hash] or {}
  table.insert(written[hash], key)
  table.insert(written[hash], noted[key])
end
local changed = {}
if room <= 0 and is.full ~= 1 then is.full, changed.full = 1, true end
for name, amount in pairs(added) do
  if amount ~= 0 then is[name], changed[name] = is[name] + amount, true end
end
setCounters(run, is, changed)
local names = {}
for name, amount in pairs(forTotals) do
  if amount ~= 0 then names[#names + 1] = name end
end
if #names > 0 then
  local sums = {}
  for at, sum in ipairs(redis.call('HMGET', totals, unpack(names))) do
    sums[#sums + 1] = names[at]
    sums[#sums + 1] = string.format('%.0f', (tonumber(sum) or 0) + forTotals[names[at]])
  end
  redis.call('HSET', totals, unpack(sums))
end
-- One that ends just now has no further beginning that would have to know.
if state ~= 'ended' then
  for hash, entries in pairs(written) do redis.call('HSET', hash, unpack(entries)) end
end
return 1
`);

/** KEYS: stored. ARGV: for each file its key and bucket. Returns what was noted of each, in their order. */
export const NOTED = new LuaScript(`
local found, places = {}, {}
local function look(hash, all)
  local keys = {}
  for at, one in ipairs(all) do keys[at] = ARGV[one] end
  for at, text in ipairs(redis.call('HMGET', hash, unpack(keys))) do
    local one = (all[at] + 1) / 2
    found[one] = text or found[one] or ''
  end
end
local all = {}
for at = 1, #ARGV, 2 do
  all[#all + 1] = at
  local bucket = KEYS[1] .. ':' .. ARGV[at + 1]
  places[bucket] = places[bucket] or {}
  table.insert(places[bucket], at)
end
look(KEYS[1], all)
for bucket, some in pairs(places) do look(bucket, some) end
return found
`);
