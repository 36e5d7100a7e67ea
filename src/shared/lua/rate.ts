/** The store's time in milliseconds. */
export const clock = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000`

/**
 * Reads a moment that is kept as `moment written at`; if the clock has been set back since it was written, the moment
 * moves with it.
 */
const moment = `
local function moment(text, now)
  local at, written = string.match(text or '0 0', '^(%S+) (%S+)')
  return at - math.max(0, written - now)
end`

/**
 * Takes units of several buckets (generic cell rate algorithm) as of the moment at which all are due: of the keys from
 * `KEYS[k]` on, the last of which is the cooldown, with the values from `ARGV[a]` on.
 */
export const take = `${moment}
local function take(now, k, a)
  local kept = redis.call('MGET', unpack(KEYS, k))
  local count = #kept - 1
  local due, slowest = math.max(now, moment(kept[count + 1], now)), 0
  for i = 1, count do
    local interval, burst, units = ARGV[a + 3 * i - 2], ARGV[a + 3 * i - 1], ARGV[a + 3 * i]
    kept[i] = moment(kept[i], now)
    local dueOfBucket = math.max(kept[i], now) + (units - burst) * interval
    if dueOfBucket > due then due, slowest = dueOfBucket, i - 1 end
  end
  local reply = { string.format('%.17g', due - now), tostring(slowest) }
  if due - now > tonumber(ARGV[a]) then return reply end
  for i = 1, count do
    local at = math.max(kept[i], due) + ARGV[a + 3 * i] * ARGV[a + 3 * i - 2]
    local text = string.format('%.17g %.17g', at, now)
    redis.call('SET', KEYS[k + i - 1], text, 'PX', string.format('%.0f', math.max(1, math.ceil(at - now)) + 1000))
    reply[i + 2] = string.format('%s %.17g', text, kept[i])
  end
  return reply
end`

export const reserve = `${take}${clock}
return take(now, 1, 1)`

/** Puts units back into buckets from which nobody has taken any since. */
export const putBack = `
for i = 1, #KEYS do
  local text, written, before = string.match(ARGV[i], '(%S+ (%S+)) (%S+)')
  if redis.call('GET', KEYS[i]) == text then redis.call('SET', KEYS[i], before .. ' ' .. written, 'KEEPTTL') end
end
return 0`

/** Lets nothing be due for some time, and tells all replicas. */
export const coolDown = `${moment}${clock}
local at = now + ARGV[1]
if at > moment(redis.call('GET', KEYS[1]), now) then
  redis.call('SET', KEYS[1], string.format('%.17g %.17g', at, now), 'PX', ARGV[1])
end
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  redis.call('PUBLISH', ARGV[2] .. id, ARGV[3])
end
return 0`
