import { LuaScript } from "../kv/script.ts";

/** What the script keeps, in keys of these names behind the prefix. */
const KEYS = [
  "holders", // ZSET: holder → until when it is believed to live
  "leases", // HASH: id → {holder, token, needs}
  "used", // HASH: resource → how much of it is held
  "waiting", // ZSET: id → its turn
  "wants", // HASH: id of one that waits → {holder, party, weight, needs, logins}
  "parties", // HASH: party → turn of the last that waits for it
  "learned", // HASH: resource → {limit, at}
  "logins", // HASH: host → [when, …] of the last minute
  "counters", // HASH: the last token; when this was last looked at
] as const;

/** In the order in which the script takes them. */
export function slotKeys(prefix: string): Readonly<Record<(typeof KEYS)[number], string>> {
  const keys = KEYS.map((name) => [name, `${prefix}:slots:${name}`]);
  return Object.fromEntries(keys) as Record<(typeof KEYS)[number], string>;
}

/** Lua: what a lesson allows by now, as `limitBy` says; and how long until that is one more, where it is less than configured. */
export const ALLOWED_BY = `
local function allowedBy(lesson, configured, now, raise)
  local age = math.max(0, now - lesson.at)
  local limit = lesson.limit + math.floor(age / raise)
  if limit >= configured then return configured end
  return limit, raise - age % raise
end
`;

/**
 * One step of the slots: something is requested, given back or reported; then everyone who waits is looked at in turn,
 * and gets all that he wants or nothing.
 *
 * Turns are start-time fair queueing: a party's next turn comes after its last one, and after that of the first who
 * waits; who has asked for much is behind who has asked for little. Of those that cannot be served, the
 * first keeps its share of everything it waits for from all behind it, so that nobody waits for ever; further ones
 * on the same resource keep nothing, so that what they could not use yet is not idle.
 *
 * ARGV: channel, operation, holder, its time to live, how long until a learned limit is raised by one, and
 * `ask`: id and want, …; `beat`: all ids that the holder has or waits for, of which others of its are given back;
 * `give`: ids; `exchange`: id of a lease, id of the one that it becomes, and its want; `end`: nothing; `refused`:
 * resources that a server had less of than we used.
 * Returns {whether the holder is known, milliseconds until something changes by itself or -1, for each id asked
 * for: its token, or what it waits for, or nothing where it is unknown}.
 */
export const slotScript = new LuaScript(`
local holders, leases, used, waiting, wants, parties, learned, logins, counters = unpack(KEYS)
local channel, operation, holder, ttl, raise = unpack(ARGV)
ttl, raise = tonumber(ttl), tonumber(raise)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local nextChange = -1
${ALLOWED_BY}
local function changesIn(ms)
  if nextChange < 0 or ms < nextChange then nextChange = ms end
end

local function give(id)
  local lease = redis.call('HGET', leases, id)
  if lease then
    for _, need in ipairs(cjson.decode(lease).needs) do
      if redis.call('HINCRBY', used, need[1], -need[2]) <= 0 then redis.call('HDEL', used, need[1]) end
    end
    redis.call('HDEL', leases, id)
  end
  -- A turn that was not taken is none.
  local want = redis.call('HGET', wants, id)
  if want then
    want = cjson.decode(want)
    redis.call('HINCRBYFLOAT', parties, want.party, -1 / want.weight)
  end
  redis.call('ZREM', waiting, id)
  redis.call('HDEL', wants, id)
end

-- All that a holder has and waits for, but for some.
local function giveAll(name, excepted)
  for _, key in ipairs({leases, wants}) do
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
      if not excepted[all[i]] and cjson.decode(all[i + 1]).holder == name then give(all[i]) end
    end
  end
end

local function limitOf(resource, configured)
  local found = redis.call('HGET', learned, resource)
  if not found then return configured end
  local limit, lasts = allowedBy(cjson.decode(found), configured, now, raise)
  if lasts then changesIn(lasts) end
  return limit
end

local function recentLogins(host)
  local times = {}
  for _, at in ipairs(cjson.decode(redis.call('HGET', logins, host) or '[]')) do
    -- One that is still to come was noted before the clock was set back.
    if at > now - 60000 and at <= now then times[#times + 1] = at end
  end
  return times
end

local taken, kept, recent = {}, {}, {}

-- What of a want is lacking, if anything is.
local function lack(want)
  for _, need in ipairs(want.needs) do
    local resource, count, limit = need[1], need[2], need[3]
    taken[resource] = taken[resource] or tonumber(redis.call('HGET', used, resource) or 0)
    if taken[resource] + count > math.max(count, limitOf(resource, limit)) then return resource end
  end
  for _, login in ipairs(want.logins) do
    local host, count, perMinute = login[1], login[2], login[3]
    recent[host] = recent[host] or recentLogins(host)
    local oldest = recent[host][#recent[host] + count - perMinute]
    if oldest then
      changesIn(oldest + 60000 - now)
      return 'logins of ' .. host
    end
  end
end

local function keep(want)
  for _, need in ipairs(want.needs) do
    if kept[need[1]] then return end
  end
  for _, need in ipairs(want.needs) do
    kept[need[1]] = true
    taken[need[1]] = (taken[need[1]] or tonumber(redis.call('HGET', used, need[1]) or 0)) + need[2]
  end
end

local function grant(id, want)
  for _, need in ipairs(want.needs) do
    redis.call('HINCRBY', used, need[1], need[2])
    taken[need[1]] = taken[need[1]] + need[2]
  end
  for _, login in ipairs(want.logins) do
    for _ = 1, login[2] do table.insert(recent[login[1]], now) end
    redis.call('HSET', logins, login[1], cjson.encode(recent[login[1]]))
  end
  local token = redis.call('HINCRBY', counters, 'token', 1)
  redis.call('HSET', leases, id, cjson.encode({holder = want.holder, token = token, needs = want.needs}))
  redis.call('ZREM', waiting, id)
  redis.call('HDEL', wants, id)
  redis.call('PUBLISH', channel, cjson.encode({id, token}))
end

-- While nobody reached Redis, no holder could say that it lives: next to nothing of that time counts. Something does,
-- for a dead one would never expire where all others are slow.
local away = now - tonumber(redis.call('HGET', counters, 'seen') or now)
if away > ttl / 2 then
  local more = away - ttl / 6
  for _, name in ipairs(redis.call('ZRANGE', holders, 0, -1)) do redis.call('ZINCRBY', holders, more, name) end
end
-- The clock was set back: who died before would be believed to live until then.
if away < 0 then
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', holders, now + ttl, '+inf')) do redis.call('ZADD', holders, now + ttl, name) end
end
redis.call('HSET', counters, 'seen', now)
for _, name in ipairs(redis.call('ZRANGEBYSCORE', holders, '-inf', now)) do
  giveAll(name, {})
  redis.call('ZREM', holders, name)
end
local isKnown = redis.call('ZSCORE', holders, holder) and 1 or 0

local asked = {}
if operation == 'ask' then
  redis.call('ZADD', holders, now + ttl, holder)
  isKnown = 1
  for i = 6, #ARGV, 2 do
    local id, want = ARGV[i], cjson.decode(ARGV[i + 1])
    asked[#asked + 1] = id
    if redis.call('HEXISTS', leases, id) == 0 and redis.call('HEXISTS', wants, id) == 0 then
      local first = tonumber(redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2] or 0)
      local last = tonumber(redis.call('HGET', parties, want.party) or 0)
      local turn = math.max(first, last) + 1 / want.weight
      redis.call('HSET', parties, want.party, turn)
      redis.call('ZADD', waiting, turn, id)
      want.holder = holder
      redis.call('HSET', wants, id, cjson.encode(want))
    end
  end
elseif operation == 'beat' then
  if isKnown == 1 then redis.call('ZADD', holders, now + ttl, holder) end
  local stillWanted = {}
  for i = 6, #ARGV do
    asked[#asked + 1] = ARGV[i]
    stillWanted[ARGV[i]] = true
  end
  giveAll(holder, stillWanted)
elseif operation == 'give' then
  for i = 6, #ARGV do give(ARGV[i]) end
elseif operation == 'end' then
  giveAll(holder, {})
  redis.call('ZREM', holders, holder)
elseif operation == 'refused' then
  for i = 6, #ARGV do
    local inUse = tonumber(redis.call('HGET', used, ARGV[i]) or 0)
    local limit = math.max(1, limitOf(ARGV[i], inUse) - 1)
    redis.call('HSET', learned, ARGV[i], cjson.encode({limit = limit, at = now}))
  end
end

local lacks, lackedBy = {}, {}

-- Everyone who waits is looked at in turn.
local function serve()
  taken, kept, lacks, lackedBy = {}, {}, {}, {}
  -- What one lacks, those who want the very same lack too: in one step nothing is given back.
  local lackOf = {}
  local ids = redis.call('ZRANGE', waiting, 0, -1)
  for i = 1, #ids, 1000 do
    local some = {unpack(ids, i, math.min(i + 999, #ids))}
    for j, text in ipairs(redis.call('HMGET', wants, unpack(some))) do
      if not lackOf[text] then
        local want = cjson.decode(text)
        local resource = lack(want)
        lackOf[text] = resource
        if resource then
          keep(want)
          lackedBy[resource] = lackedBy[resource] or {}
          lackedBy[resource][want.party] = true
        else
          grant(some[j], want)
        end
      end
      lacks[some[j]] = lackOf[text]
    end
  end
end

-- One party's turn is not taken from another that waits for the same.
local function exchange(id, new, want)
  local lease = redis.call('HGET', leases, id)
  lease = lease and cjson.decode(lease)
  if not lease or lease.holder ~= holder then return false end
  local has = {}
  for _, need in ipairs(lease.needs) do
    has[need[1]] = need[2]
    for party in pairs(lackedBy[need[1]] or {}) do
      if party ~= want.party then return false end
    end
  end
  for _, need in ipairs(want.needs) do
    local resource, count, limit = need[1], need[2], need[3]
    local others = (taken[resource] or tonumber(redis.call('HGET', used, resource) or 0)) - (has[resource] or 0)
    if others + count > math.max(count, limitOf(resource, limit)) then return false end
  end
  give(id)
  want.holder, want.logins = holder, {}
  taken = {}
  for _, need in ipairs(want.needs) do taken[need[1]] = tonumber(redis.call('HGET', used, need[1]) or 0) end
  grant(new, want)
  return true
end

serve()
if operation == 'exchange' then
  asked[1] = ARGV[7]
  if exchange(ARGV[6], ARGV[7], cjson.decode(ARGV[8])) then serve() end
end
if redis.call('EXISTS', waiting) == 0 then redis.call('DEL', parties) end

-- Who keeps what he does not use at this moment gives it back.
if operation == 'ask' or operation == 'beat' then
  local published = {}
  for _, id in ipairs(asked) do
    local resource = lacks[id]
    if resource then
      local text = cjson.encode({resource, cjson.decode(redis.call('HGET', wants, id)).party, holder})
      if not published[text] then redis.call('PUBLISH', channel .. ':wanted', text) end
      published[text] = true
    end
  end
end

local answer = {isKnown, nextChange}
for _, id in ipairs(asked) do
  local lease = redis.call('HGET', leases, id)
  answer[#answer + 1] = lease and cjson.decode(lease).token or lacks[id] or ''
end
return answer
`);
