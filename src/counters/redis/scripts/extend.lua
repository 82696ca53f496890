-- ARGV: 6 request id, 7 tokens, 8 cost. Returns {-1}: unknown; {0}: granted; {1, seconds, microseconds,
-- {numbers and seconds of the scope, limits} …}: refused.
local id, tokens, cost = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local open = prefix .. 'open:' .. replica
local packed = call('HGET', open, id)
if not packed then return {-1} end
local entry = read_entry(packed)
local scopes = load_all(entry.scopes)
local limits, refused = call('HGET', open, 'm:' .. id), false
for i, s in ipairs(scopes) do
  local _, _, tpm, tpd, _, dh, dl, wh, wl, mh, ml, eh, el = unpack_at(LIMITS, limits, LIMITS_SIZE * (i - 1) + 1)
  refused = refused or tokens > 0 and s.tokens + tokens > tpm
  if s.state == 2 then
    refused = refused or tokens > 0 and s.t + tokens > tpd or cost > 0 and money_short(s, cost, dh, dl, wh, wl, mh, ml, eh, el)
  end
end

if refused then
  local reply = {1, sec, usec}
  for i, s in ipairs(scopes) do
    reply[3 + i] = {numbers_of(s) .. older_of(s), sub(limits, LIMITS_SIZE * (i - 1) + 1, LIMITS_SIZE * i)}
  end
  return reply
end
local taken = ''
for j = 1, #entry.taken, 2 do taken = taken .. pack(TAKING, entry.taken[j], entry.taken[j + 1]) end
if tokens > 0 then taken = taken .. pack(TAKING, sec, tokens) end
call('HSET', open, id, pack(ENTRY, entry.sec, entry.usec, entry.tokens + tokens, entry.cost + cost, #taken / TAKING_SIZE,
                            #scopes) .. taken .. sub(packed, entry.tail))
local day = floor(entry.sec / 86400)
for i, s in ipairs(scopes) do
  local flags = entry.flags[i]
  hold(s, 0, tokens, cost)
  if flags >= 2 and tokens > 0 then window_add(s, 0, tokens) end
  if flags % 2 == 1 then charge(s, day, 0, tokens, cost) end
  save(s)
end
return {0}
