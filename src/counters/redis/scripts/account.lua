-- ARGV: 6 and following, of each request: id, stamp, tokens, cost, day, 1 counted, epoch of that or empty, number of
-- scopes, scopes.

-- Takes the reservation, whichever replica holds it.
local function take(id)
  local holders = call('ZRANGE', prefix .. 'replicas', 0, -1)
  table.insert(holders, 1, replica)
  for _, holder in ipairs(holders) do
    local packed = call('HGET', prefix .. 'open:' .. holder, id)
    if packed then
      call('HDEL', prefix .. 'open:' .. holder, id, 'm:' .. id)
      return read_entry(packed)
    end
  end
end

local epoch, at = epoch_of(call('GET', KEYS[1])), 6
while at <= #ARGV do
  local id, stamp, tokens, cost, day = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local counted = ARGV[at + 5] == '1' and (ARGV[at + 6] == '' or ARGV[at + 6] == epoch)
  local first = at + 8
  at = first + tonumber(ARGV[at + 7])
  if call('SET', prefix .. 'done:' .. id, 1, 'NX', 'EX', 86400) then
    local entry, held = take(id), {}
    if entry then
      local scopes = load_for({entry})
      finish(entry, scopes, tokens, cost)
      for _, s in pairs(scopes) do save(s) end
      for _, scope in ipairs(entry.scopes) do held[scope] = true end
    end
    for n = first, at - 1 do
      local s = load(ARGV[n])
      local has = counted
      if entry then has = held[ARGV[n]] end
      if s.state == 1 then
        local pending = prefix .. 'pending:' .. ARGV[n]
        call('HSET', pending, id, cmsgpack.pack({stamp, tokens, cost, day, has and 1 or 0}))
        call('EXPIRE', pending, 3456000)
      elseif s.state == 2 then
        resolve(s, stamp, tokens, cost, day, has, call('GET', prefix .. 'snapshot:' .. ARGV[n]) or '')
        save(s)
      end
    end
  end
end
return 1
