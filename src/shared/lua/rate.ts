/** Takes units of several buckets (generic cell rate algorithm) as of the moment at which all are due. */
export const take = `
local function take(now, keys, values)
  local due = now + math.max(0, redis.call('PTTL', keys[#keys]))
  local full = {}
  for i = 1, #keys - 1 do
    local interval, burst, units = tonumber(values[3 * i - 1]), tonumber(values[3 * i]), tonumber(values[3 * i + 1])
    -- "full at" and "written at": if the clock has been set back since, the debt moves with it.
    local at, written = string.match(redis.call('GET', keys[i]) or '0 0', '(%S+) (%S+)')
    full[i] = tonumber(at) - math.max(0, tonumber(written) - now)
    due = math.max(due, math.max(full[i], now) + (units - burst) * interval)
  end
  local reply = { string.format('%.17g', due - now) }
  if due - now > tonumber(values[1]) then return reply end
  for i = 1, #keys - 1 do
    local at = math.max(full[i], due) + tonumber(values[3 * i + 1]) * tonumber(values[3 * i - 1])
    local text = string.format('%.17g %.17g', at, now)
    redis.call('SET', keys[i], text, 'PX', string.format('%.0f', math.max(1, math.ceil(at - now)) + 1000))
    reply[i + 1] = text .. string.format(' %.17g', full[i])
  end
  return reply
end`

export const reserve = `${take}
local t = redis.call('TIME')
return take(t[1] * 1000 + t[2] / 1000, KEYS, ARGV)`

/** Puts units back into buckets from which nobody has taken any since. */
export const putBack = `
for i = 1, #KEYS do
  local text, written, before = string.match(ARGV[i], '(%S+ (%S+)) (%S+)')
  if redis.call('GET', KEYS[i]) == text then redis.call('SET', KEYS[i], before .. ' ' .. written, 'KEEPTTL') end
end
return 0`

/** Lets nothing be due for some time, and tells all replicas. */
export const coolDown = `
if tonumber(ARGV[1]) > redis.call('PTTL', KEYS[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  redis.call('PUBLISH', ARGV[2] .. id, ARGV[3])
end
return 0`
