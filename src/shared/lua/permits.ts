import { clock, take } from "./rate.ts"

/**
 * Settles what a replica holds and wants, takes back what dead ones held, and hands free permits out: to the replica
 * that has waited longest, one call at a time. If the first call that waits has its permit now, its start is booked
 * too: that of the keys after the first, with the values after the ninth.
 *
 * A record is `granted released alive-until waiting-since wants`. The field `#` sums them up, `taken waiting until`: the
 * permits that are taken, the replicas that wait, and a moment before which no lease ends. While none waits, a replica
 * whose wants are free touches its own record only.
 */
export const permits = `${take}${clock}
local key, id, channel, name = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local limit, lease, known, released = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local isFirst, hasFirst = true, false
-- What the replica says of itself; returns how many more permits are taken by that.
local function hear(me)
  local before = me.g - me.r
  me.g, me.r, me.e, me.w = math.max(me.g, known), math.max(me.r, released), now + lease, {}
  -- What was granted and has not been seen yet covers the first wants.
  local unseen = me.g - known
  for n in string.gmatch(ARGV[8], '%d+') do
    n = tonumber(n)
    if unseen >= n then unseen, isFirst = unseen - n, false else me.w[#me.w + 1] = n end
  end
  return me.g - me.r - before
end
local function text(record)
  return string.format('%.0f %.0f %.17g %.17g %s', record.g, record.r, record.e, record.a, table.concat(record.w, ','))
end
local function answer(me, others, taken)
  local reply = { string.format('%.0f', me.g), others, limit - taken }
  if hasFirst and isFirst and #KEYS > 1 then
    for _, part in ipairs(take(now, 2, 10)) do reply[#reply + 1] = part end
  end
  return reply
end
local function calm(own, sum)
  if not own or not sum then return end
  local taken, till = string.match(sum, '^(%S+) 0 (%S+)$')
  if not taken or tonumber(till) <= now or tonumber(till) > now + lease then return end
  local g, r = string.match(own, '^(%d+) (%d+)')
  local me = { g = tonumber(g), r = tonumber(r), a = 0 }
  taken = taken + hear(me)
  for _, n in ipairs(me.w) do me.g, taken, hasFirst = me.g + n, taken + n, true end
  if hasFirst and taken > limit then return end
  local extra = math.max(0, math.min(tonumber(ARGV[9]), limit - taken))
  me.g, taken, me.w = me.g + extra, taken + extra, {}
  redis.call('HSET', key, id, text(me), '#', string.format('%.0f 0 %s', taken, till))
  return answer(me, 0, taken)
end
local reply = calm(unpack(redis.call('HMGET', key, id, '#')))
if reply then return reply end
isFirst, hasFirst = true, false
local all, taken, changed, granted = {}, 0, { [id] = true }, {}
local raw = redis.call('HGETALL', key)
for i = 1, #raw, 2 do
  local g, r, e, a, w = string.match(raw[i + 1], '^(%S+) (%S+) (%S+) (%S+) (%S*)$')
  if g and raw[i] ~= id and tonumber(e) <= now then redis.call('HDEL', key, raw[i])
  elseif g then
    -- A lease ends in time, even if the clock has been set back.
    local one = { g = tonumber(g), r = tonumber(r), e = math.min(tonumber(e), now + lease), a = tonumber(a), w = {} }
    if one.e < tonumber(e) then changed[raw[i]] = true end
    for n in string.gmatch(w, '%d+') do one.w[#one.w + 1] = tonumber(n) end
    all[raw[i]] = one
    taken = taken + one.g - one.r
  end
end
local me = all[id] or { g = 0, r = 0, a = 0 }
all[id] = me
taken = taken + hear(me)
local isNew = me.a == 0
if #me.w == 0 then me.a = 0 elseif isNew then me.a = now end
local turn = 0
local others
while true do
  local first
  others = 0
  for one, record in pairs(all) do
    if #record.w > 0 then
      if one ~= id then others = others + 1 end
      if not first or record.a < all[first].a or (record.a == all[first].a and one < first) then first = one end
    end
  end
  if not first then
    local extra = math.max(0, math.min(tonumber(ARGV[9]), limit - taken))
    me.g, taken = me.g + extra, taken + extra
    break
  end
  local record = all[first]
  if taken + record.w[1] > limit then break end
  if first == id then hasFirst = true end
  record.g = record.g + record.w[1]
  taken = taken + table.remove(record.w, 1)
  turn = turn + 1
  record.a = #record.w == 0 and 0 or now + turn / 1000
  changed[first], granted[first] = true, true
end
local till, waiting = math.huge, 0
for one, record in pairs(all) do
  till = math.min(till, record.e)
  if #record.w > 0 then waiting = waiting + 1 end
  if changed[one] then redis.call('HSET', key, one, text(record)) end
  if granted[one] and one ~= id then
    redis.call('PUBLISH', channel .. one, '{"_tag":"permits","name":' .. name .. string.format(',"granted":%.0f}', record.g))
  end
  -- A replica that begins to wait calls back what others keep in hand.
  if #me.w > 0 and isNew and one ~= id then
    redis.call('PUBLISH', channel .. one, '{"_tag":"wanted","name":' .. name .. '}')
  end
end
redis.call('HSET', key, '#', string.format('%.0f %d %.17g', taken, waiting, till))
redis.call('PEXPIRE', key, string.format('%.0f', lease * 10))
return answer(me, others, taken)`
