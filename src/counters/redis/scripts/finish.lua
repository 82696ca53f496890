-- Corrects one second, never below nothing; false when it is not in the window.
local function window_correct(s, second, r, t)
  if second == s.last then
    local after_r, after_t = math.max(0, s.last_r + r), math.max(0, s.last_t + t)
    s.requests, s.tokens = s.requests + after_r - s.last_r, s.tokens + after_t - s.last_t
    s.last_r, s.last_t = after_r, after_t
    return true
  end
  if second < s.first or second > s.last then return false end
  local older = older_of(s)
  for at = #older - 15, 1, -16 do
    local found, before_r, before_t = unpack_at(SECOND, older, at)
    if found == second then
      local after_r, after_t = math.max(0, before_r + r), math.max(0, before_t + t)
      s.requests, s.tokens = s.requests + after_r - before_r, s.tokens + after_t - before_t
      set_older(s, sub(older, 1, at - 1) .. pack(SECOND, second, after_r, after_t) .. sub(older, at + 16))
      return true
    end
    if found < second then return false end
  end
  return false
end

-- The scopes of several reservations (false: unknown) by their ids, and the epoch.
local function load_for(entries)
  local ids, by_id = {}, {}
  for _, entry in ipairs(entries) do
    for _, id in ipairs(entry and entry.scopes or {}) do
      if not by_id[id] then ids[#ids + 1], by_id[id] = id, true end
    end
  end
  local loaded, epoch = load_all(ids)
  for _, s in ipairs(loaded) do by_id[s.id] = s end
  return by_id, epoch
end

-- Replaces what a reservation took from its scopes by what was used; to save them is left to the caller. Returns whether the
-- durable part of every scope is known.
local function finish(entry, scopes, tokens, cost)
  local change, change_cost = tokens - entry.tokens, cost - entry.cost
  local taken, day = entry.taken, floor(entry.sec / 86400)
  local all_seeded = true
  for i, id in ipairs(entry.scopes) do
    local s, flags = scopes[id], entry.flags[i]
    hold(s, -1, -entry.tokens, -entry.cost)
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
  end
  return all_seeded
end
