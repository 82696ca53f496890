-- Begins every script. The arithmetic is that of scope_count.cpp and window.cpp; the contract tests compare both.
--
-- Keys, all with one prefix:
--   epoch            made by the first script that finds none: another value means everything was lost meanwhile
--   s:<scope>        a scope, packed as below: one read and one write, and no number becomes text on the way
--   open:<replica>   reservations: request id -> packed entry, and `m:` + request id -> memo
--   snapshot:<scope> of the balance it was seeded with
--   pending:<scope>  requests that became durable while the scope is being seeded
--   done:<request>   accounted for, for a day
--   replicas         lease deadlines in ms
-- A scope is 15 doubles: requests at once; durable kinds: 0 untracked, 1 being seeded, 2 seeded; the day that the next two
-- belong to; requests and tokens of the day; money ever; money before that day, its week and its month began; requests and
-- tokens of the minute. Money is two numbers, m = high * 10^9 + low, so that sums beyond 2^53 nano-USD (nine million USD)
-- are exact. Then 16 bytes for each second of the minute that has any: second, requests, tokens.
--
-- ARGV: 1 prefix, 2 replica, 3 an epoch should there be none, 4 and 5 the time (seconds, microseconds) or empty: Redis's.
local call, floor, sub = redis.call, math.floor, string.sub
local pack, unpack_at = struct.pack, struct.unpack
local SCOPE, SCOPE_SIZE = '<ddddddddddddddd', 120
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

-- Money as two numbers. Decimal text of an argument is exact only when taken apart as text.
local function split(text)
  if #text <= 15 then return 0, tonumber(text) end
  local sign = 1
  if sub(text, 1, 1) == '-' then sign, text = -1, sub(text, 2) end
  return sign * (tonumber(sub(text, 1, -10)) or 0), sign * tonumber(sub(text, -9))
end

-- What is left below `limit` after spent - base: exact in its sign and up to 2^53.
local function room(limit, s, base_high, base_low)
  local high, low = split(limit)
  return (high - s.mh + base_high) * 1e9 + (low - s.ml + base_low)
end

-- Room in money of a kind: 5 day, 6 week, 7 month, 8 ever.
local function money_left(s, kind, limit)
  if kind == '5' then return room(limit, s, s.bdh, s.bdl) end
  if kind == '6' then return room(limit, s, s.bwh, s.bwl) end
  if kind == '7' then return room(limit, s, s.bmh, s.bml) end
  return room(limit, s, 0, 0)
end

-- Lets go of the seconds that have left the minute.
local function advance_window(s, packed)
  local at, size = SCOPE_SIZE + 1, #packed
  if unpack_at('<I4', packed, size - 15) > sec + 60 then at = size + 1 end
  while at < size do
    local second, r, t = unpack_at('<I4I4d', packed, at)
    if second >= sec - 60 then break end
    s.requests, s.tokens, at = s.requests - r, s.tokens - t, at + 16
  end
  if at > size then s.requests, s.tokens = 0, 0 end
  s.seconds = sub(packed, at)
end

local function window_add(s, r, t)
  local seconds = s.seconds
  local size, second, before_r, before_t = #seconds, sec, 0, 0
  if size > 0 then
    local last, lr, lt = unpack_at('<I4I4d', seconds, size - 15)
    if last >= sec then
      second, before_r, before_t = last, lr, lt
      seconds = sub(seconds, 1, size - 16)
    end
  end
  s.seconds = seconds .. pack('<I4I4d', second, before_r + r, before_t + t)
  s.requests, s.tokens = s.requests + r, s.tokens + t
end

-- Corrects one second, never below nothing; false when it is not in the window.
local function window_correct(s, second, r, t)
  local seconds = s.seconds
  for at = #seconds - 15, 1, -16 do
    local found, before_r, before_t = unpack_at('<I4I4d', seconds, at)
    if found == second then
      local after_r, after_t = math.max(0, before_r + r), math.max(0, before_t + t)
      s.seconds = sub(seconds, 1, at - 1) .. pack('<I4I4d', second, after_r, after_t) .. sub(seconds, at + 16)
      s.requests, s.tokens = s.requests + after_r - before_r, s.tokens + after_t - before_t
      return true
    end
    if found < second then return false end
  end
  return false
end

-- A scope as it is now: the minute, day, week and month begun.
local function load(id)
  local key = prefix .. 's:' .. id
  local stored = call('GET', key)
  if not stored then
    return {key = key, stored = '', seconds = '', c = 0, state = 0, d = 0, q = 0, t = 0, mh = 0, ml = 0, bdh = 0, bdl = 0,
            bwh = 0, bwl = 0, bmh = 0, bml = 0, requests = 0, tokens = 0}
  end
  local c, state, d, q, t, mh, ml, bdh, bdl, bwh, bwl, bmh, bml, requests, tokens = unpack_at(SCOPE, stored)
  local s = {key = key, stored = stored, seconds = '', c = c, state = state, d = d, q = q, t = t, mh = mh, ml = ml,
             bdh = bdh, bdl = bdl, bwh = bwh, bwl = bwl, bmh = bmh, bml = bml, requests = requests, tokens = tokens}
  if #stored > SCOPE_SIZE then advance_window(s, stored) end
  if state ~= 0 and today > d then
    s.q, s.t, s.bdh, s.bdl = 0, 0, mh, ml
    if week_of(today) ~= week_of(d) then s.bwh, s.bwl = mh, ml end
    if month_of(today) ~= month_of(d) then s.bmh, s.bml = mh, ml end
    s.d = today
  end
  return s
end

-- Kept so long from now: tracked scopes can be seeded again when they return after 40 days; of the others the minute
-- is empty after 61 s, but requests that are still under way hold their concurrency.
local function save(s)
  local keep = '120'
  if s.state ~= 0 then keep = '3456000' elseif s.c > 0 then keep = '86400' end
  call('SET', s.key, pack(SCOPE, s.c, s.state, s.d, s.q, s.t, s.mh, s.ml, s.bdh, s.bdl, s.bwh, s.bwl, s.bmh, s.bml,
                          s.requests, s.tokens) .. s.seconds, 'EX', keep)
end

-- Counts the durable kinds from now on.
local function track(s)
  if s.state == 0 then s.state, s.d = 1, today end
end

-- high * 10^9 + low, with the low part below 10^9.
local function carry(high, low)
  local over = floor(low / 1e9)
  return high + over, low - over * 1e9
end

-- Adds to the periods the day `at` lies in, as far as they are the present ones (or to come).
local function charge(s, at, requests, tokens, cost)
  s.mh, s.ml = carry(s.mh, s.ml + cost)
  if at >= s.d then
    s.q, s.t = s.q + requests, s.t + tokens
    return
  end
  s.bdh, s.bdl = carry(s.bdh, s.bdl + cost)
  if week_of(at) ~= week_of(s.d) then s.bwh, s.bwl = carry(s.bwh, s.bwl + cost) end
  if month_of(at) ~= month_of(s.d) then s.bmh, s.bml = carry(s.bmh, s.bml + cost) end
end
