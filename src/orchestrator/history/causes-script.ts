/** Reasons of one run or one hour that are distinguished; all others are one. */
const MOST = 32;
const OTHER_CAUSES = "other causes";

/**
 * Lua: `countCause(key, prefix, cause, by)` counts failures for a reason in a hash, which stays small. Returns the field
 * that they are counted in.
 */
export const COUNT_CAUSE = `
local function countCause(key, prefix, cause, by)
  local field = prefix .. cause
  if redis.call('HEXISTS', key, field) == 0 and redis.call('HLEN', key) >= ${MOST} then field = prefix .. '${OTHER_CAUSES}' end
  if redis.call('HINCRBY', key, field, by) <= 0 then redis.call('HDEL', key, field) end
  return field
end
`;
