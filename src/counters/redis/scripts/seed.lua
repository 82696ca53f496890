-- ARGV: 6 scope, 7 the balance's epoch or empty, 8 day, 9 week, 10 month of the balance, 11 requests and 12 tokens today,
-- 13 money ever, 14 15 16 money before today, this week, this month, 17 snapshot.
-- Money as two numbers. Decimal text of an argument is exact only when taken apart as text.
local function split(text)
  if #text <= 15 then return 0, tonumber(text) end
  local sign = 1
  if sub(text, 1, 1) == '-' then sign, text = -1, sub(text, 2) end
  return sign * (tonumber(sub(text, 1, -10)) or 0), sign * tonumber(sub(text, -9))
end

local epoch = epoch_of(call('GET', KEYS[1]))
if ARGV[7] ~= '' and ARGV[7] ~= epoch then return 0 end
local s = load(ARGV[6])
if s.state ~= 1 then return 0 end
local same_day = tonumber(ARGV[8]) == s.d
if same_day then s.q, s.t = s.q + tonumber(ARGV[11]), s.t + tonumber(ARGV[12]) end
-- Money of a period that is not the present one was all spent before it.
local function plus(high, low, text)
  local more_high, more_low = split(text)
  return carry(high + more_high, low + more_low)
end
s.bdh, s.bdl = plus(s.bdh, s.bdl, same_day and ARGV[14] or ARGV[13])
s.bwh, s.bwl = plus(s.bwh, s.bwl, tonumber(ARGV[9]) == week_of(s.d) and ARGV[15] or ARGV[13])
s.bmh, s.bml = plus(s.bmh, s.bml, tonumber(ARGV[10]) == month_of(s.d) and ARGV[16] or ARGV[13])
s.mh, s.ml = plus(s.mh, s.ml, ARGV[13])
s.state = 2
local pending = prefix .. 'pending:' .. ARGV[6]
local waiting = call('HVALS', pending)
for _, packed in ipairs(waiting) do
  local p = cmsgpack.unpack(packed)
  resolve(s, p[1], p[2], p[3], p[4], p[5] == 1, ARGV[17])
end
save(s)
call('SET', prefix .. 'snapshot:' .. ARGV[6], ARGV[17], 'EX', 3456000)
if #waiting > 0 then call('DEL', pending) end
return 1
