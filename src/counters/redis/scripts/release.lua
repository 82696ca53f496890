-- ARGV: 6 and following: request ids.
local open = prefix .. 'open:' .. replica
for n = 6, #ARGV do
  local packed = call('HGET', open, ARGV[n])
  if packed then
    call('HDEL', open, ARGV[n], 'm:' .. ARGV[n])
    local entry = read_entry(packed)
    local taken, day = entry.taken, floor(entry.sec / 86400)
    for i, s in ipairs((load_all(entry.scopes))) do
      local flags = entry.flags[i]
      hold(s, -1, -entry.tokens, -entry.cost)
      if flags >= 2 then
        window_correct(s, entry.sec, -1, 0)
        for j = 1, #taken, 2 do window_correct(s, taken[j], 0, -taken[j + 1]) end
      end
      if flags % 2 == 1 and s.state ~= 0 then charge(s, day, -1, -entry.tokens, -entry.cost) end
      save(s)
    end
  end
end
return 1
