-- Money as two numbers. Decimal text of an argument is exact only when taken apart as text.
local function split(text)
  if #text <= 15 then return 0, tonumber(text) end
  local sign = 1
  if sub(text, 1, 1) == '-' then sign, text = -1, sub(text, 2) end
  return sign * (tonumber(sub(text, 1, -10)) or 0), sign * tonumber(sub(text, -9))
end

-- Adds a balance, or takes it off (sign -1). `from` holds after index `at`: the day; requests and tokens of the day; money
-- ever, of the day, of its week and its month.
local function add_balance(s, sign, from, at)
  local day, high, low = tonumber(from[at + 1]), split(from[at + 4])
  local same_day = day == s.d
  if same_day then s.q, s.t = s.q + sign * tonumber(from[at + 2]), s.t + sign * tonumber(from[at + 3]) end
  -- Money of a period that is not the present one was all spent before it.
  local function before(base_high, base_low, same_period, text)
    local within_high, within_low = 0, 0
    if same_period then within_high, within_low = split(text) end
    return carry(base_high + sign * (high - within_high), base_low + sign * (low - within_low))
  end
  s.bdh, s.bdl = before(s.bdh, s.bdl, same_day, from[at + 5])
  s.bwh, s.bwl = before(s.bwh, s.bwl, week_of(day) == week_of(s.d), from[at + 6])
  s.bmh, s.bml = before(s.bmh, s.bml, month_of(day) == month_of(s.d), from[at + 7])
  s.mh, s.ml = carry(s.mh + sign * high, s.ml + sign * low)
end
