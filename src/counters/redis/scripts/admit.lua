-- ARGV: 6 request id, 7 tokens, 8 cost, 9 1: announced, 10 the epoch the caller knows, 11 and 12 when an announced one was
-- admitted (or empty), 13 the scopes: for each flags (1 some kind is durable, 2 some kind counts by the minute), length of
-- the id (2 bytes) and id; 14 their limits (limits.lua), then the memo.
-- Admitted: one string of seconds and microseconds of that, seconds now (4 bytes each), the numbers of each scope, and the
-- epoch. {1, seconds, microseconds, epoch, numbers and seconds of each scope}: refused; {2, …, indices}: unseeded.
local id, tokens, cost, announced, limits = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9] == '1', ARGV[14]
local open = prefix .. 'open:' .. replica
local ids, asked, at = {}, {}, 1
while at <= #ARGV[13] do
  local i = #ids + 1
  asked[i], ids[i], at = unpack_at(SCOPE_ID, ARGV[13], at)
end
local known = call('HGET', open, id)
local scopes, epoch = load_all(ids)
local refused, unseeded = false, {}
for i, s in ipairs(scopes) do
  local rpm, rpd, tpm, tpd, at_once, dh, dl, wh, wl, mh, ml, eh, el = unpack_at(LIMITS, limits, LIMITS_SIZE * (i - 1) + 1)
  refused = refused or s.requests + 1 > rpm or s.tokens >= tpm or s.tokens + tokens > tpm or s.c + 1 > at_once
  if s.state == 2 then
    refused = refused or s.q + 1 > rpd or s.t >= tpd or s.t + tokens > tpd
      or money_short(s, cost, dh, dl, wh, wl, mh, ml, eh, el)
  elseif asked[i] % 2 == 1 then
    unseeded[#unseeded + 1] = i
  end
end

local at_sec, at_usec = sec, usec
if known then
  at_sec, at_usec = unpack_at(ENTRY, known)
elseif announced and call('EXISTS', prefix .. 'done:' .. id) == 1 then
  -- It became durable meanwhile and is counted already.
elseif refused and not announced then
  local reply = {1, sec, usec, epoch}
  for i, s in ipairs(scopes) do reply[4 + i] = numbers_of(s) .. older_of(s) end
  return reply
elseif #unseeded > 0 and not announced then
  local reply = {2, sec, usec, epoch}
  for i, index in ipairs(unseeded) do
    track(scopes[index])
    save(scopes[index])
    reply[4 + i] = index - 1
  end
  return reply
else
  if announced and ARGV[11] ~= '' then at_sec, at_usec = tonumber(ARGV[11]), tonumber(ARGV[12]) end
  local flags, day = {}, floor(at_sec / 86400)
  for i, s in ipairs(scopes) do
    if asked[i] % 2 == 1 then track(s) end
    -- Minute windows start afresh after a loss; only what is admitted now counts in them.
    local windowed = asked[i] >= 2 and not announced
    flags[i] = (s.state ~= 0 and 1 or 0) + (windowed and 2 or 0)
    hold(s, 1, tokens, cost)
    if windowed then window_add(s, 1, tokens) end
    if s.state ~= 0 then charge(s, day, 1, tokens, cost) end
    s.saved = save(s)
  end
  local taken = announced and '' or pack(TAKING, sec, tokens)
  call('HSET', open, id, pack(ENTRY, at_sec, at_usec, tokens, cost, #taken / TAKING_SIZE, #ids) .. taken
    .. string.char(unpack(flags)) .. ARGV[13], 'm:' .. id, limits)
  -- The caller's first reservation in this epoch: should it die now, somebody must look for it.
  if ARGV[10] ~= epoch then call('ZADD', prefix .. 'replicas', 'NX', sec * 1000 + 60000, replica) end
end

local reply = {pack('<I4I4I4', at_sec, at_usec, sec)}
for i, s in ipairs(scopes) do reply[i + 1] = s.saved or numbers_of(s) end
return table.concat(reply) .. epoch
