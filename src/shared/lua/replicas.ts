import { clock } from "./rate.ts"

/**
 * Notes that a replica is alive, with its figures and limits, and forgets those that are not. Returns how many are, then
 * each that has other limits, and which.
 */
export const beat = `${clock}
local id, limits = ARGV[1], ARGV[4]
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.17g', now))) do
  redis.call('HDEL', KEYS[2], dead)
  redis.call('HDEL', KEYS[3], dead)
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.17g', now))
redis.call('ZADD', KEYS[1], string.format('%.17g', now + ARGV[2]), id)
redis.call('HSET', KEYS[2], id, string.format('%.17g ', now) .. ARGV[3])
redis.call('HSET', KEYS[3], id, limits)
local reply = { tostring(redis.call('ZCARD', KEYS[1])) }
local all = redis.call('HGETALL', KEYS[3])
for i = 1, #all, 2 do
  if all[i + 1] ~= limits then
    reply[#reply + 1] = all[i]
    reply[#reply + 1] = all[i + 1]
  end
end
return reply`

/** What each replica that is alive told last, after its name and how many milliseconds ago. */
export const figures = `${clock}
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
redis.call('HDEL', KEYS[3], ARGV[1])
return 0`
