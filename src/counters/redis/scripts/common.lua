-- Begins every script. The arithmetic is that of scope_count.cpp and window.cpp; the contract tests compare both.
--
-- Keys, all with one prefix:
--   epoch            made by the first script that finds none: another value means everything was lost meanwhile
--   s:<scope>        a scope, packed as below: one read and one write, and no number becomes text on the way
--   older:<scope>    the seconds of its minute before the newest, which only few requests of a busy scope need: Lua in Redis
--                    hashes every byte of a string it is given. 16 bytes each: second, requests, tokens
--   open:<replica>   reservations: request id -> packed entry (entry.lua), `m:` + request id -> limits and memo
--   snapshot:<scope> of the balance it was seeded with
--   pending:<scope>  requests that became durable while the scope is being seeded
--   done:<request>   accounted for, for a day
--   replicas         lease deadlines in ms
-- A scope is 17 doubles: requests at once; durable kinds: 0 untracked, 1 being seeded, 2 seeded; the day that the next two
-- belong to; requests and tokens of the day; money ever; money before that day, its week and its month began; requests and
-- tokens of the minute; tokens and money that requests under way hold; then the newest second of the minute with its requests
-- and tokens; then of those before it the oldest, the oldest with requests and the oldest with tokens (0: none). Money is two
-- numbers, m = high * 10^9 + low, so that sums beyond 2^53 nano-USD (nine million USD) are exact; what is held is one.
--
-- Whoever changes the names of keys or what they hold changes kRedisFormat (implementations.hpp), too.
--
-- ARGV: 1 prefix, 2 replica, 3 an epoch should there be none, 4 and 5 the time (seconds, microseconds) or empty: Redis's.
local call, floor, sub = redis.call, math.floor, string.sub
local pack, unpack_at = struct.pack, struct.unpack
local SCOPE, SECOND = '<dddddddddddddddddI4I4dI4I4I4', '<I4I4d'
local prefix, replica = ARGV[1], ARGV[2]
local sec, usec
if ARGV[4] == '' then
  local t = call('TIME')
  sec, usec = tonumber(t[1]), tonumber(t[2])
else
  sec, usec = tonumber(ARGV[4]), tonumber(ARGV[5])
end
local today = floor(sec / 86400)

-- Takes what KEYS[1] holds; makes an epoch when that is nothing.
local function epoch_of(found)
  if found then return found end
  call('SET', KEYS[1], ARGV[3])
  return ARGV[3]
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

-- The seconds of the minute before the newest, packed. Whoever changes them sets `s.older`, which `save` writes.
local function older_of(s)
  local older = s.older or s.first > 0 and call('GET', prefix .. 'older:' .. s.id) or ''
  if s.more then s.older, s.more = older .. s.more, nil end
  return s.older or older
end

-- Replaces them; the sums are the caller's business.
local function set_older(s, older)
  s.older, s.first, s.first_r, s.first_t = older, 0, 0, 0
  for at = 1, #older, 16 do
    local second, r, t = unpack_at(SECOND, older, at)
    if s.first == 0 then s.first = second end
    if s.first_r == 0 and r > 0 then s.first_r = second end
    if s.first_t == 0 and t > 0 then s.first_t = second end
    if (s.first_r > 0 or s.requests == s.last_r) and (s.first_t > 0 or s.tokens == s.last_t) then break end
  end
end

-- Lets go of the seconds that have left the minute.
local function advance_window(s)
  if s.last > sec + 60 or s.last < sec - 60 then
    s.last, s.last_r, s.last_t, s.requests, s.tokens = 0, 0, 0, 0, 0
    if s.first > 0 then set_older(s, '') end
  elseif s.first > 0 and s.first < sec - 60 then
    local older, at = older_of(s), 1
    while at < #older do
      local second, r, t = unpack_at(SECOND, older, at)
      if second >= sec - 60 then break end
      s.requests, s.tokens, at = s.requests - r, s.tokens - t, at + 16
    end
    -- Expired as a whole.
    if older == '' then s.requests, s.tokens = s.last_r, s.last_t end
    set_older(s, sub(older, at))
  end
end

local function window_add(s, r, t)
  if s.last >= sec then
    s.last_r, s.last_t = s.last_r + r, s.last_t + t
  else
    if s.last > 0 then
      local second = pack(SECOND, s.last, s.last_r, s.last_t)
      if s.older or s.first == 0 then s.older = (s.older or '') .. second else s.more = second end
      if s.first == 0 then s.first = s.last end
      if s.first_r == 0 and s.last_r > 0 then s.first_r = s.last end
      if s.first_t == 0 and s.last_t > 0 then s.first_t = s.last end
    end
    s.last, s.last_r, s.last_t = sec, r, t
  end
  s.requests, s.tokens = s.requests + r, s.tokens + t
end

-- A scope as it is now: the minute, day, week and month begun.
local function scope_of(id, stored)
  if not stored then
    return {id = id, c = 0, state = 0, d = 0, q = 0, t = 0, mh = 0, ml = 0, bdh = 0, bdl = 0, bwh = 0, bwl = 0, bmh = 0,
            bml = 0, requests = 0, tokens = 0, rt = 0, rc = 0, last = 0, last_r = 0, last_t = 0, first = 0, first_r = 0, first_t = 0}
  end
  local c, state, d, q, t, mh, ml, bdh, bdl, bwh, bwl, bmh, bml, requests, tokens, rt, rc, last, last_r, last_t, first,
    first_r, first_t = unpack_at(SCOPE, stored)
  local s = {id = id, c = c, state = state, d = d, q = q, t = t, mh = mh, ml = ml, bdh = bdh, bdl = bdl, bwh = bwh,
             bwl = bwl, bmh = bmh, bml = bml, requests = requests, tokens = tokens, rt = rt, rc = rc, last = last,
             last_r = last_r, last_t = last_t, first = first, first_r = first_r, first_t = first_t}
  if last > 0 then advance_window(s) end
  if state ~= 0 and today > d then
    s.q, s.t, s.bdh, s.bdl = 0, 0, mh, ml
    if week_of(today) ~= week_of(d) then s.bwh, s.bwl = mh, ml end
    if month_of(today) ~= month_of(d) then s.bmh, s.bml = mh, ml end
    s.d = today
  end
  return s
end

local function load(id) return scope_of(id, call('GET', prefix .. 's:' .. id)) end

-- Several scopes, and the epoch if there is one: in one read.
local function read_all(ids)
  local keys, scopes = {}, {}
  for i = 1, #ids do keys[i] = prefix .. 's:' .. ids[i] end
  local stored = call('MGET', KEYS[1], unpack(keys))
  for i = 1, #ids do scopes[i] = scope_of(ids[i], stored[i + 1]) end
  return scopes, stored[1]
end

local function load_all(ids)
  local scopes, epoch = read_all(ids)
  return scopes, epoch_of(epoch)
end

local function numbers_of(s)
  return pack(SCOPE, s.c, s.state, s.d, s.q, s.t, s.mh, s.ml, s.bdh, s.bdl, s.bwh, s.bwl, s.bmh, s.bml, s.requests,
              s.tokens, s.rt, s.rc, s.last, s.last_r, s.last_t, s.first, s.first_r, s.first_t)
end

-- Kept so long from now: tracked scopes can be seeded again when they return after 40 days; of the others the minute
-- is empty after 61 s, but requests that are still under way hold their concurrency. Returns its numbers.
local function save(s)
  local keep, numbers = '120', numbers_of(s)
  if s.state ~= 0 then keep = '3456000' elseif s.c > 0 then keep = '86400' end
  call('SETEX', prefix .. 's:' .. s.id, keep, numbers)
  if s.older then
    call('SETEX', prefix .. 'older:' .. s.id, '120', s.older)
  elseif s.more then
    call('APPEND', prefix .. 'older:' .. s.id, s.more)
    call('EXPIRE', prefix .. 'older:' .. s.id, '120')
  end
  return numbers
end

-- A request begins (1) or ceases (-1) to be under way, or goes on (0), and holds so much more.
local function hold(s, requests, tokens, cost)
  s.c = math.max(0, s.c + requests)
  s.rt, s.rc = math.max(0, s.rt + tokens), math.max(0, s.rc + cost)
  if s.c == 0 then s.rt, s.rc = 0, 0 end
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
