-- ARGV: 6 request id, 7 tokens, 8 cost. Returns {-1}: unknown; {0}: granted; {1, seconds, microseconds,
-- {stored scope, limits} …}: refused.
local id, tokens, cost = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local open = prefix .. 'open:' .. replica
local packed = call('HGET', open, id)
if not packed then return {-1} end
local entry = cmsgpack.unpack(packed)
local held, day = entry[6], floor(entry[1] / 86400)

local scopes, refused = {}, false
for i = 1, #held, 3 do
  local s = load(held[i + 1])
  for kind, limit in string.gmatch(held[i + 2], '(%d) (%d+)') do
    if kind == '2' then
      refused = refused or tokens > 0 and s.tokens + tokens > tonumber(limit)
    elseif s.state == 2 then
      if kind == '3' then
        refused = refused or tokens > 0 and s.t + tokens > tonumber(limit)
      elseif cost > 0 then
        refused = refused or money_left(s, kind, limit) < cost
      end
    end
  end
  scopes[#scopes + 1] = s
end

if refused then
  local reply = {1, sec, usec}
  for i, s in ipairs(scopes) do reply[3 + i] = {s.stored, held[3 * i]} end
  return reply
end
entry[3], entry[4] = entry[3] + tokens, entry[4] + cost
local taken = entry[5]
if tokens > 0 then taken[#taken + 1], taken[#taken + 2] = sec, tokens end
call('HSET', open, id, cmsgpack.pack(entry))
for i, s in ipairs(scopes) do
  local flags = held[3 * i - 2]
  if flags >= 2 and tokens > 0 then window_add(s, 0, tokens) end
  if flags % 2 == 1 then charge(s, day, 0, tokens, cost) end
  save(s)
end
return {0}
