import { take } from "./rate.ts"

/**
 * Settles what a replica holds and wants, takes back what dead ones held, and hands free permits out: to the replica
 * that has waited longest, one call at a time. If the first call that waits has its permit now, its start is booked
 * too: that of the keys after the first, with the values after the ninth.
 *
 * A record is `granted|released|alive until|waiting since|wants`.
 */
export const permits = `${take}
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local id, channel, name = ARGV[1], ARGV[2], ARGV[3]
local limit, lease, known, released = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local all, taken, late = {}, 0, nil
local raw = redis.call('HGETALL', KEYS[1])
for i = 1, #raw, 2 do
  local g, r, e, a, w = string.match(raw[i + 1], '^(.-)|(.-)|(.-)|(.-)|(.*)$')
  if raw[i] ~= id and tonumber(e) <= now then redis.call('HDEL', KEYS[1], raw[i])
  else
    -- A lease ends in time, even if the clock has been set back.
    local one = { g = tonumber(g), r = tonumber(r), e = math.min(tonumber(e), now + lease), a = tonumber(a), w = {} }
    for n in string.gmatch(w, '%d+') do one.w[#one.w + 1] = tonumber(n) end
    all[raw[i]] = one
    if one.e < tonumber(e) then late = raw[i] end
    taken = taken + one.g - one.r
  end
end
local me = all[id] or { g = known, r = known, a = 0, w = {} }
taken = taken - me.g + me.r
me.g = math.max(me.g, known)
me.r = math.max(me.r, released)
if not all[id] then me.r = released end
taken = taken + me.g - me.r
me.e = now + lease
all[id] = me
local changed, granted = { [id] = true }, {}
if late then changed[late] = true end
-- What was granted and has not been seen yet covers the first wants.
local unseen, isFirst = me.g - known, true
me.w = {}
for n in string.gmatch(ARGV[8], '%d+') do
  n = tonumber(n)
  if unseen >= n then unseen, isFirst = unseen - n, false else me.w[#me.w + 1] = n end
end
local isNew = me.a == 0
if #me.w == 0 then me.a = 0 elseif isNew then me.a = now end
local turn, hasFirst = 0, false
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
for one in pairs(changed) do
  local record = all[one]
  redis.call('HSET', KEYS[1], one, string.format('%.0f|%.0f|%.17g|%.17g|%s', record.g, record.r, record.e, record.a,
    table.concat(record.w, ',')))
  if granted[one] and one ~= id then
    redis.call('PUBLISH', channel .. one, '{"_tag":"permits","name":' .. name .. string.format(',"granted":%.0f}', record.g))
  end
end
-- A replica that begins to wait calls back what others keep in hand.
if #me.w > 0 and isNew then
  for one in pairs(all) do
    if one ~= id then redis.call('PUBLISH', channel .. one, '{"_tag":"wanted","name":' .. name .. '}') end
  end
end
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', lease * 10))
local reply = { string.format('%.0f', me.g), others, limit - taken }
if hasFirst and isFirst and #KEYS > 1 then
  for _, part in ipairs(take(now, { unpack(KEYS, 2) }, { unpack(ARGV, 10) })) do reply[#reply + 1] = part end
end
return reply`
