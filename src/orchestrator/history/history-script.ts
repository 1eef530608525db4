/** Runs of one job that are kept one by one; all of them are in the sums of their days, too. */
const RUNS = 2_000;
const DAYS = 3_650;
/** What ran only once may have been a job that somebody submitted under a name of its own. */
const ONCE_SECONDS = 400 * 86_400;
const KEPT_SECONDS = 3 * 365 * 86_400;

/**
 * Lua: `noteHistory(prefix, job, id, ended, outcome, because)` adds a run that ends to its job's history: an entry
 * (see `HistoryEntry`) and the sums of the day (see `HistoryDay`). It never fails: a run ends, whatever is there.
 */
export const NOTE_HISTORY = `
local function noteHistory(prefix, job, id, ended, outcome, because)
  local run = prefix .. ':run:' .. id
  local function number(field)
    local value = redis.call('HGET', run, field)
    return value and #value < 16 and string.match(value, '^%d+$') or '0'
  end
  local cause, most = because, 0
  if cause == '' then
    local causes = redis.pcall('HGETALL', run .. ':causes')
    if not causes.err then
      for at = 1, #causes, 2 do
        local count = tonumber(causes[at + 1]) or 0
        if count > most then cause, most = causes[at], count end
      end
    end
  end
  local values = {cjson.encode(id), cjson.encode(outcome), number('created'), number('started'), ended}
  local fields = {'copied', 'kept', 'deleted', 'skipped', 'failed', 'thirdParty', 'relayed', 'serverSide', 'resumed'}
  local amount = {}
  for _, field in ipairs(fields) do
    amount[field] = number(field)
    values[#values + 1] = amount[field]
  end
  -- A letter of several bytes that is cut in two is none.
  if #cause > 200 then cause = string.gsub(string.sub(cause, 1, 200), '[\\192-\\255]?[\\128-\\191]*$', '') .. '…' end
  if cause ~= '' then values[#values + 1] = cjson.encode(cause) end
  local history = prefix .. ':job:' .. job .. ':history'
  redis.pcall('RPUSH', history, '[' .. table.concat(values, ',') .. ']')
  redis.pcall('LTRIM', history, ${-RUNS}, -1)

  local days = prefix .. ':job:' .. job .. ':days'
  local day = math.floor(tonumber(ended) / 86400000)
  local before = redis.pcall('HGET', days, day)
  local sums = {}
  if type(before) == 'string' then
    for text in string.gmatch(before, '%d+') do sums[#sums + 1] = tonumber(text) end
  end
  local started = tonumber(values[4])
  local moved = tonumber(amount.thirdParty) + tonumber(amount.relayed) + tonumber(amount.serverSide)
  local more = {
    1, outcome == 'succeeded' and 1 or 0, tonumber(amount.copied), tonumber(amount.failed), moved,
    started > 0 and math.max(0, tonumber(ended) - started) or 0,
  }
  for at, by in ipairs(more) do more[at] = string.format('%.0f', by + (sums[at] or 0)) end
  redis.pcall('HSET', days, day, table.concat(more, ','))
  local length = redis.pcall('HLEN', days)
  if type(length) == 'number' and length > ${DAYS} then
    for _, one in ipairs(redis.call('HKEYS', days)) do
      if (tonumber(one) or 0) <= day - ${DAYS} then redis.call('HDEL', days, one) end
    end
  end
  local isOne = redis.pcall('LLEN', history) == 1
  for _, key in ipairs({history, days}) do redis.pcall('EXPIRE', key, isOne and ${ONCE_SECONDS} or ${KEPT_SECONDS}) end
end
`;
