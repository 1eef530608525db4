import { LuaScript } from "../kv/script.ts";

export function claimKeys(prefix: string): readonly string[] {
  return [
    `${prefix}:claims`, // HASH: tree → {holder, token, until}
    `${prefix}:claims:trees`, // ZSET: the trees, in the order of their bytes
    `${prefix}:claims:tokens`, // the last token
  ];
}

/**
 * One step of the claims. A tree is an account and a path that ends in a slash, so that whatever lies below it
 * begins with it.
 *
 * ARGV: operation, time to live, tree, holder or token, and for `claim` the trees that this one lies in.
 * `claim` returns {token}, or {0, the tree that conflicts with it, whose that is}; `renew` returns {1} or {0}.
 */
export const claimScript = new LuaScript(`
local claims, trees, tokens = unpack(KEYS)
local operation, ttl, tree, mine = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function read(one)
  local text = redis.call('HGET', claims, one)
  return text and cjson.decode(text)
end

local function write(one, claim)
  claim['until'] = now + ttl
  redis.call('HSET', claims, one, cjson.encode(claim))
  redis.call('ZADD', trees, 0, one)
end

local function remove(one)
  redis.call('HDEL', claims, one)
  redis.call('ZREM', trees, one)
end

-- Whose claim on this tree conflicts with ours, if anybody's does.
local function other(one)
  local claim = read(one)
  if not claim or claim.holder == mine then return end
  if claim['until'] > now then return claim.holder end
  remove(one)
end

if operation == 'claim' then
  local near = redis.call('ZRANGEBYLEX', trees, '[' .. tree, '(' .. tree .. '\\255')
  for i = 5, #ARGV do near[#near + 1] = ARGV[i] end
  for _, one in ipairs(near) do
    local whose = other(one)
    if whose then return {0, one, whose} end
  end
  local token = redis.call('INCR', tokens)
  write(tree, {holder = mine, token = token})
  return {token}
end

local claim = read(tree)
if not claim or claim.token ~= tonumber(mine) then return {0} end
if operation == 'renew' then write(tree, claim) else remove(tree) end
return {1}
`);
