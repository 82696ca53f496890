-- Replaces what a reservation took from its scopes by what was used. Entry: {seconds, microseconds, tokens, cost,
-- {second, tokens, …}, {flags, scope, limits, …}}; flags: 1 durable kinds charged, 2 minute charged.
-- Returns whether the durable part of every scope is known.
local function finish(entry, tokens, cost)
  local change, change_cost = tokens - entry[3], cost - entry[4]
  local taken, held, day = entry[5], entry[6], floor(entry[1] / 86400)
  local all_seeded = true
  for i = 1, #held, 3 do
    local flags, s = held[i], load(held[i + 1])
    s.c = math.max(0, s.c - 1)
    if flags >= 2 then
      local left = change
      for j = #taken - 1, 1, -2 do
        if left >= 0 then break end
        local back = math.min(taken[j + 1], -left)
        window_correct(s, taken[j], 0, -back)
        left = left + back
      end
      if left > 0 and not window_correct(s, taken[#taken - 1], 0, left) then window_add(s, 0, left) end
    end
    if s.state ~= 0 then
      -- A scope that began to count durably in between gets the whole.
      if flags % 2 == 1 then charge(s, day, 0, change, change_cost) else charge(s, day, 1, tokens, cost) end
      all_seeded = all_seeded and s.state == 2
    end
    save(s)
  end
  return all_seeded
end
