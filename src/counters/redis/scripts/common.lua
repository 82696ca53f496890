-- Begins every script. The arithmetic is that of scope_count.cpp and window.cpp; the contract tests compare both.
--
-- Keys, all with one prefix:
--   epoch           made by the first script that finds none: another value means everything was lost meanwhile
--   s:<scope>       one hash per scope, fields below
--   open:<replica>  reservations: request id -> packed entry, and `m:` + request id -> memo
--   pending:<scope> requests that became durable while the scope is being seeded
--   done:<request>  accounted for, for a day
--   replicas        lease deadlines in ms
-- Fields of a scope: c at once; w the minute window: two doubles (requests, tokens), then 16 bytes per second that has
-- any (second, requests, tokens); s durable kinds: absent untracked, 1 being seeded, 2 seeded; d the day that q requests
-- and t tokens belong to; m money ever, bd bw bm what it was when the day, week and month of d began; sn the seed's
-- snapshot; x when the hash expires.
--
-- ARGV: 1 prefix, 2 replica, 3 an epoch should there be none, 4 and 5 the time (seconds, microseconds) or empty: Redis's.
local call, floor, sub = redis.call, math.floor, string.sub
local pack, unpack_at = struct.pack, struct.unpack
local prefix, replica = ARGV[1], ARGV[2]
local sec, usec
if ARGV[4] == '' then
  local t = call('TIME')
  sec, usec = tonumber(t[1]), tonumber(t[2])
else
  sec, usec = tonumber(ARGV[4]), tonumber(ARGV[5])
end
local today = floor(sec / 86400)
local epoch = call('GET', KEYS[1])
if not epoch then
  epoch = ARGV[3]
  call('SET', KEYS[1], epoch)
end

local function week_of(day) return floor((day + 3) / 7) end

-- 12 * year + month: the civil calendar in years that begin in March, where leap days come last.
local function month_of(day)
  local z = day + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local march = floor((5 * doy + 2) / 153)
  return 12 * (yoe + era * 400) + march + 3
end

-- Money may pass 2^53 nano-USD (nine million USD), up to which numbers here are exact. Beyond it sums are kept as decimal
-- text and computed in two parts of nine digits below and the rest above.
local SAFE = 2e15

local function split(v)
  if type(v) == 'number' then v = string.format('%.0f', v) end
  local sign = 1
  if sub(v, 1, 1) == '-' then sign, v = -1, sub(v, 2) end
  return sign * (tonumber(sub(v, 1, -10)) or 0), sign * tonumber(sub(v, -9))
end

local function join(high, low)
  local carry = floor(low / 1e9)
  high, low = high + carry, low - carry * 1e9
  if high < 0 and low > 0 then high, low = high + 1, low - 1e9 end
  if high == 0 then return string.format('%.0f', low) end
  if high < 0 then return string.format('-%.0f%09.0f', 0 - high, 0 - low) end
  return string.format('%.0f%09.0f', high, low)
end

local function safe(n) return n < SAFE and n > -SAFE end

-- a + b, exactly.
local function add(a, b)
  local x, y = tonumber(a), tonumber(b)
  if safe(x) and safe(y) then return x + y end
  local ah, al = split(a)
  local bh, bl = split(b)
  return join(ah + bh, al + bl)
end

-- limit - (spent - base): exact in its sign and up to 2^53.
local function room(limit, spent, base)
  local l, s, b = tonumber(limit), tonumber(spent), tonumber(base)
  if safe(l) and safe(s) and safe(b) then return l - s + b end
  local lh, ll = split(limit)
  local sh, sl = split(spent)
  local bh, bl = split(base)
  return tonumber(join(lh - sh + bh, ll - sl + bl))
end

local function open_window(s, w)
  local requests, tokens = unpack_at('<dd', w)
  local at, size = 17, #w
  if size > 16 and unpack_at('<I4', w, size - 15) > sec + 60 then at = size + 1 end
  while at < size do
    local second, r, t = unpack_at('<I4I4d', w, at)
    if second >= sec - 60 then break end
    requests, tokens, at = requests - r, tokens - t, at + 16
  end
  if at > size then requests, tokens = 0, 0 end
  s.seconds, s.requests, s.tokens = sub(w, at), requests, tokens
end

local function window_add(s, r, t)
  local seconds = s.seconds or ''
  local size, second, before_r, before_t = #seconds, sec, 0, 0
  if size > 0 then
    local last, lr, lt = unpack_at('<I4I4d', seconds, size - 15)
    if last >= sec then
      second, before_r, before_t = last, lr, lt
      seconds = sub(seconds, 1, size - 16)
    end
  end
  s.seconds = seconds .. pack('<I4I4d', second, before_r + r, before_t + t)
  s.requests, s.tokens = (s.requests or 0) + r, (s.tokens or 0) + t
  s.window_changed = true
end

-- Corrects one second, never below nothing; false when it is not in the window.
local function window_correct(s, second, r, t)
  local seconds = s.seconds
  if not seconds then return false end
  for at = #seconds - 15, 1, -16 do
    local found, before_r, before_t = unpack_at('<I4I4d', seconds, at)
    if found == second then
      local after_r, after_t = math.max(0, before_r + r), math.max(0, before_t + t)
      s.seconds = sub(seconds, 1, at - 1) .. pack('<I4I4d', second, after_r, after_t) .. sub(seconds, at + 16)
      s.requests, s.tokens = s.requests + after_r - before_r, s.tokens + after_t - before_t
      s.window_changed = true
      return true
    end
    if found < second then return false end
  end
  return false
end

-- A scope as it is now: the minute, day, week and month begun.
local function load(id)
  local key = prefix .. 's:' .. id
  local v = call('HMGET', key, 'c', 'w', 's', 'd', 'q', 't', 'm', 'bd', 'bw', 'bm', 'x')
  local s = {key = key, stored = v, c = tonumber(v[1] or 0), state = v[3], expires = tonumber(v[11] or 0)}
  if v[2] then open_window(s, v[2]) end
  if s.state then
    s.d, s.q, s.t, s.m, s.bd, s.bw, s.bm = tonumber(v[4]), tonumber(v[5]), tonumber(v[6]), v[7], v[8], v[9], v[10]
    if today > s.d then
      s.q, s.t, s.bd = 0, 0, s.m
      if week_of(today) ~= week_of(s.d) then s.bw = s.m end
      if month_of(today) ~= month_of(s.d) then s.bm = s.m end
      s.d, s.periods_changed = today, true
    end
  end
  return s
end

-- Counts the durable kinds from now on.
local function track(s)
  if s.state then return end
  s.state, s.d, s.q, s.t, s.m, s.bd, s.bw, s.bm = '1', today, 0, 0, 0, 0, 0, 0
  s.periods_changed = true
end

-- Adds to the periods the day `at` lies in, as far as they are the present ones (or to come).
local function charge(s, at, requests, tokens, cost)
  if at >= s.d then
    s.q, s.t = s.q + requests, s.t + tokens
  elseif cost ~= 0 then
    s.bd = add(s.bd, cost)
    if week_of(at) ~= week_of(s.d) then s.bw = add(s.bw, cost) end
    if month_of(at) ~= month_of(s.d) then s.bm = add(s.bm, cost) end
    s.periods_changed = true
  end
  if cost ~= 0 then s.m = add(s.m, cost) end
end

-- How long a hash is kept from now: tracked scopes can be seeded again when they return after this; of the others the
-- minute window is empty after 61 s, but requests that are still under way hold their concurrency.
local function lifetime(s)
  local left = s.expires - sec
  if s.state then return left < 3456000 and 3974400 end
  if s.c > 0 then return left < 43200 and 86400 end
  return (left > 300 or left < 90) and 180
end

local function save(s)
  local f = {'c', s.c}
  local n = 2
  if s.window_changed then
    f[3], f[4] = 'w', pack('<dd', s.requests, s.tokens) .. s.seconds
    n = 4
  end
  if s.state then
    f[n + 1], f[n + 2], f[n + 3], f[n + 4], f[n + 5], f[n + 6] = 'q', s.q, 't', s.t, 'm', s.m
    n = n + 6
    if s.periods_changed then
      f[n + 1], f[n + 2], f[n + 3], f[n + 4], f[n + 5] = 's', s.state, 'd', s.d, 'bd'
      f[n + 6], f[n + 7], f[n + 8], f[n + 9], f[n + 10] = s.bd, 'bw', s.bw, 'bm', s.bm
      n = n + 10
    end
  end
  local keep = lifetime(s)
  if keep then f[n + 1], f[n + 2] = 'x', sec + keep end
  call('HSET', s.key, unpack(f))
  if keep then call('EXPIRE', s.key, keep) end
end
