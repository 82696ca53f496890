-- ARGV: 6 request id, 7 tokens, 8 cost, 9 memo, 10 1: announced, 11 the epoch the caller knows, 12 and 13 when an
-- announced one was admitted (or empty), 14 number of scopes; then of each: id, limits as kept for extensions, number of
-- limits, and (kind, limit) of each.
-- Returns {0, seconds, microseconds, epoch, seconds now, {count …} per scope}: admitted, and when that was;
-- {1, seconds, microseconds, epoch, stored scopes}: refused; {2, …, indices}: unseeded.
local id, tokens, cost, announced = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[10] == '1'
local open = prefix .. 'open:' .. replica
local known = call('HGET', open, id)
local scopes, unseeded, refused = {}, {}, false

local at = 15
for i = 1, tonumber(ARGV[14]) do
  local s = load(ARGV[at])
  s.id, s.limits = ARGV[at], ARGV[at + 1]
  local past = at + 3 + 2 * tonumber(ARGV[at + 2])
  for j = at + 3, past - 1, 2 do
    local kind, limit = ARGV[j], ARGV[j + 1]
    local full = false
    if kind == '0' then
      s.windowed = true
      full = s.requests + 1 > tonumber(limit)
    elseif kind == '2' then
      s.windowed = true
      local most = tonumber(limit)
      full = s.tokens >= most or s.tokens + tokens > most
    elseif kind == '4' then
      full = s.c + 1 > tonumber(limit)
    else
      s.durable = true
      if s.state == 2 then
        if kind == '1' then
          full = s.q + 1 > tonumber(limit)
        elseif kind == '3' then
          full = s.t >= tonumber(limit) or s.t + tokens > tonumber(limit)
        else
          local left = money_left(s, kind, limit)
          full = left <= 0 or left < cost
        end
      end
    end
    refused = refused or full
  end
  if s.durable and s.state ~= 2 then unseeded[#unseeded + 1] = i - 1 end
  scopes[i], at = s, past
end

local reply = {0, sec, usec, epoch}
if known then
  local entry = cmsgpack.unpack(known)
  reply[2], reply[3] = entry[1], entry[2]
elseif announced and call('EXISTS', prefix .. 'done:' .. id) == 1 then
  -- It became durable meanwhile and is counted already.
else
  if refused and not announced then
    reply[1] = 1
    for i, s in ipairs(scopes) do reply[4 + i] = s.stored end
    return reply
  end
  if #unseeded > 0 and not announced then
    for _, i in ipairs(unseeded) do
      track(scopes[i + 1])
      save(scopes[i + 1])
    end
    reply[1] = 2
    for i, index in ipairs(unseeded) do reply[4 + i] = index end
    return reply
  end
  if announced and ARGV[12] ~= '' then reply[2], reply[3] = tonumber(ARGV[12]), tonumber(ARGV[13]) end
  local held, day = {}, floor(reply[2] / 86400)
  for i, s in ipairs(scopes) do
    if s.durable then track(s) end
    -- Minute windows start afresh after a loss; only what is admitted now counts in them.
    local windowed = s.windowed and not announced
    s.c = s.c + 1
    if windowed then window_add(s, 1, tokens) end
    if s.state ~= 0 then charge(s, day, 1, tokens, cost) end
    save(s)
    held[3 * i - 2] = (s.state ~= 0 and 1 or 0) + (windowed and 2 or 0)
    held[3 * i - 1], held[3 * i] = s.id, s.limits
  end
  local entry = cmsgpack.pack({reply[2], reply[3], tokens, cost, announced and {} or {sec, tokens}, held})
  if ARGV[9] == '' then
    call('HSET', open, id, entry)
  else
    call('HSET', open, id, entry, 'm:' .. id, ARGV[9])
  end
  -- The caller's first reservation in this epoch: should it die now, somebody must look for it.
  if ARGV[11] ~= epoch then call('ZADD', prefix .. 'replicas', 'NX', sec * 1000 + 60000, replica) end
end

reply[5] = sec
for i, s in ipairs(scopes) do
  local oldest_request, oldest_token = 0, 0
  local seconds = s.seconds
  for j = 1, #seconds, 16 do
    local second, r, t = unpack_at('<I4I4d', seconds, j)
    if oldest_request == 0 and r > 0 then oldest_request = second end
    if oldest_token == 0 and t > 0 then oldest_token = second end
    if oldest_request > 0 and (oldest_token > 0 or s.tokens == 0) then break end
  end
  reply[5 + i] = {s.c, s.requests, s.tokens, oldest_request, oldest_token, s.q, s.t, s.mh, s.ml, s.bdh, s.bdl, s.bwh,
                  s.bwl, s.bmh, s.bml}
end
return reply
