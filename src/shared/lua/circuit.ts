/**
 * One step of a circuit: what time has changed, then an event. Changes are told to all replicas.
 *
 * A probe is a field `p<ticket>`: `lease|due|started`. A probe whose holder is gone gives its slot back without a
 * verdict; one that has started and takes too long has failed.
 */
export const circuit = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local channel, name, event = ARGV[1], ARGV[2], ARGV[3]
local maxFailures, openDuration, maxOpen = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local probes, successes, probeTimeout, lease = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local ticket, verdict, retryAfter = tonumber(ARGV[11]), ARGV[12], tonumber(ARGV[13])
local c, p, dirty, gone, told = {}, {}, false, {}, false
local raw = redis.call('HGETALL', KEYS[1])
for i = 1, #raw, 2 do
  local probe = string.match(raw[i], '^p(%d+)$')
  if probe then
    local l, d, s = string.match(raw[i + 1], '^(.-)|(.-)|(.*)$')
    p[tonumber(probe)] = { lease = tonumber(l), due = tonumber(d), started = s == '1' }
  elseif raw[i] == 's' then c.s = raw[i + 1]
  else c[raw[i]] = tonumber(raw[i + 1]) end
end
if not c.s then
  -- Tickets of a store that was lost must not be valid again.
  local n = math.floor(now * 8)
  c = { s = 'closed', g = n, n = n, f = 0, u = 0, o = 0, l = 0, c = 0, b = 0, k = 0, x = 0, v = n, w = now }
  dirty = true
end
-- If the clock has been set back, all moments move with it.
local back = math.max(0, c.w - now)
c.u, c.c, c.b = c.u - back, c.c - back, c.b - back
for _, probe in pairs(p) do probe.lease, probe.due = probe.lease - back, probe.due - back end
if back > 0 then dirty = true end
local function change() dirty, told = true, true end
local function forget()
  for one in pairs(p) do gone[#gone + 1] = 'p' .. string.format('%.0f', one) end
  p = {}
end
local function open(at)
  if c.s == 'closed' and at - c.c >= c.l then c.o = 0 end
  local most = math.max(openDuration, maxOpen)
  c.l = maxOpen > 0 and math.min(openDuration * 2 ^ c.o, most) or openDuration
  c.o = c.o + 1
  c.s, c.u = 'open', math.max(at + c.l, c.b)
  forget()
  change()
end
local function drop(one)
  p[one] = nil
  gone[#gone + 1] = 'p' .. string.format('%.0f', one)
  change()
end
local function probeFailed(at)
  c.x = c.x + 1
  if c.x > probes - successes then open(at) end
end
local function settle()
  if c.s == 'open' and now >= c.u then
    c.s, c.k, c.x = 'half-open', 0, 0
    change()
  end
  if c.s ~= 'half-open' then return end
  for one, probe in pairs(p) do
    if c.s == 'half-open' and probe.lease <= now then drop(one)
    elseif c.s == 'half-open' and probe.started and probe.due <= now then
      drop(one)
      probeFailed(now)
    end
  end
end
settle()
local function used()
  local n = c.k + c.x
  for _ in pairs(p) do n = n + 1 end
  return n
end
local admitted = 0
if event == 'admit' then
  if c.s == 'closed' then admitted = c.g
  elseif c.s == 'half-open' and used() < probes then
    c.n = c.n + 1
    admitted = c.n
    p[admitted] = { lease = now + lease, due = 0, started = false }
    change()
  end
elseif event == 'start' then
  if p[ticket] then p[ticket] = { lease = now + lease, due = now + probeTimeout, started = true } dirty = true end
elseif event == 'renew' then
  for one in string.gmatch(ARGV[14], '%d+') do
    local probe = p[tonumber(one)]
    if probe then probe.lease = now + lease dirty = true end
  end
elseif event == 'end' then
  if c.s == 'closed' and ticket == c.g then
    if verdict == 'failure' then
      c.b = math.max(c.b, now + retryAfter)
      c.f = c.f + 1
      change()
      if c.f >= maxFailures then open(now) end
    elseif verdict == 'success' and c.f > 0 then
      c.f = 0
      change()
    end
  elseif c.s == 'half-open' and p[ticket] then
    drop(ticket)
    if verdict == 'failure' then
      c.b = math.max(c.b, now + retryAfter)
      probeFailed(now)
    elseif verdict == 'success' then
      c.k = c.k + 1
      if c.k >= successes then
        forget()
        c.n = c.n + 1
        c.s, c.f, c.g, c.b, c.c = 'closed', 0, c.n, 0, now
      end
    end
  end
end
if dirty then
  c.w = now
  if told then c.v = c.v + 1 end
  if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
  local fields = { 's', c.s }
  for _, f in ipairs({ 'g', 'n', 'f', 'u', 'o', 'l', 'c', 'b', 'k', 'x', 'v', 'w' }) do
    fields[#fields + 1] = f
    fields[#fields + 1] = string.format('%.17g', c[f])
  end
  for one, probe in pairs(p) do
    fields[#fields + 1] = 'p' .. string.format('%.0f', one)
    fields[#fields + 1] = string.format('%.17g|%.17g|%s', probe.lease, probe.due, probe.started and '1' or '0')
  end
  redis.call('HSET', KEYS[1], unpack(fields))
end
local wait = 0
if c.s == 'open' then wait = c.u - now
elseif c.s == 'half-open' and used() >= probes then
  wait = lease
  for _, probe in pairs(p) do wait = math.min(wait, probe.lease - now) end
end
local view = string.format('"state":"%s","version":%.0f,"generation":%.0f,"failures":%.0f,"wait":%.3f', c.s, c.v, c.g, c.f, wait)
if told then
  local message = '{"_tag":"circuit","name":' .. name .. ',"view":{' .. view .. '}}'
  for _, one in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do redis.call('PUBLISH', channel .. one, message) end
end
return '{' .. view .. ',"ticket":' .. string.format('%.0f', admitted) .. '}'`
