import { LuaScript } from "../kv/script.ts";

/**
 * Lua: a record that was claimed together with others is one text, holder and what was begun; here it becomes the hash
 * that a record is otherwise.
 */
const UNPACKED = `
if redis.call('TYPE', KEYS[1]).ok == 'string' then
  local holder, begun = string.match(redis.call('GET', KEYS[1]), '^([^\\n]*)\\n(.*)$')
  redis.call('DEL', KEYS[1])
  if holder then redis.call('HSET', KEYS[1], 'holder', holder, 'begun', begun) end
end
`;

/** A record that is claimed together with others, as {@link RELEASE_ALL} knows it. */
export function packedRecord(holder: string, begun: string): string {
  return `${holder}\n${begun}`;
}

/**
 * Who holds a target and lives no more died while writing it. Each is noted once; one that turns out to live, cut off
 * from Redis for a while, does not count. What is there for this worker, which knows what it claims, is left from a
 * step whose reply was lost. How bytes arrived holds until more are sent: it is read once.
 * KEYS: target, prefix of workers' keys. ARGV: our worker, what is fresh, most deaths. Returns {"busy", holder},
 * {"lost", deaths}, or {"ours", what was begun, how its bytes arrived}.
 */
export const CLAIM = new LuaScript(`${UNPACKED}
local holder = redis.call('HGET', KEYS[1], 'holder')
local isHeld = holder and holder ~= ''
local isOurs = holder == ARGV[1]
if isHeld and not isOurs and redis.call('EXISTS', KEYS[2] .. holder) == 1 then return {'busy', holder} end
if isHeld and not isOurs then
  local deaths, text = {}, holder
  for id in string.gmatch(redis.call('HGET', KEYS[1], 'deaths') or '', '%S+') do
    if id ~= holder and redis.call('EXISTS', KEYS[2] .. id) == 0 then
      deaths[#deaths + 1] = id
      text = text .. ' ' .. id
    end
  end
  if #deaths + 1 >= tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], 'deaths')
    redis.call('HSET', KEYS[1], 'holder', '')
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    return {'lost', #deaths + 1}
  end
  redis.call('HSET', KEYS[1], 'deaths', text)
end
local begun = redis.call('HGET', KEYS[1], 'begun')
local arrived = redis.call('HGET', KEYS[1], 'arrived')
redis.call('HDEL', KEYS[1], 'arrived')
redis.call('HSET', KEYS[1], 'holder', ARGV[1])
if begun then return {'ours', begun, arrived or ''} end
redis.call('HSET', KEYS[1], 'begun', ARGV[2])
return {'ours'}
`);

/** KEYS: target. ARGV: our worker, what is begun anew. Nothing happens where another has it now. */
export const ANEW = new LuaScript(`${UNPACKED}
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'begun', ARGV[2])
return 1
`);

/**
 * KEYS: target. ARGV: our worker, how long a partial file is remembered, or 0 where there is none, and how its bytes
 * arrived, or an empty string.
 */
export const RELEASE = new LuaScript(`${UNPACKED}
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
redis.call('HDEL', KEYS[1], 'deaths')
redis.call('HSET', KEYS[1], 'holder', '')
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'arrived', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);

/** Gives back targets that were claimed together, as far as they are still ours. KEYS: targets. ARGV: our worker. */
export const RELEASE_ALL = new LuaScript(`
local ours, mine = {}, ARGV[1] .. '\\n'
for index, text in ipairs(redis.call('MGET', unpack(KEYS))) do
  local key, isOurs = KEYS[index], false
  if text then isOurs = string.sub(text, 1, #mine) == mine
  -- Somebody has asked for it meanwhile, and it has become a hash.
  else isOurs = redis.call('HGET', key, 'holder') == ARGV[1] end
  if isOurs then ours[#ours + 1] = key end
end
if #ours > 0 then redis.call('UNLINK', unpack(ours)) end
return #ours
`);
