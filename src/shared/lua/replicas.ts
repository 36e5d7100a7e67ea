/** Notes that a replica is alive, with its figures, and forgets those that are not; returns how many are. */
export const beat = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.17g', now))) do
  redis.call('HDEL', KEYS[2], id)
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.17g', now))
redis.call('ZADD', KEYS[1], string.format('%.17g', now + tonumber(ARGV[2])), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.17g ', now) .. ARGV[3])
return redis.call('ZCARD', KEYS[1])`

/** What each replica that is alive told last, after its name and how many milliseconds ago. */
export const figures = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local reply = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.17g', now), '+inf')) do
  local seen, told = string.match(redis.call('HGET', KEYS[2], id) or '', '^(%S+) (.*)$')
  if seen then
    for _, part in ipairs({ id, string.format('%.0f', math.max(0, now - seen)), told }) do reply[#reply + 1] = part end
  end
end
return reply`

/** Forgets a replica that stops. */
export const leave = `
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 0`
