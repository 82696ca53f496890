-- ARGV: 6 and following: request ids.
local open = prefix .. 'open:' .. replica
for n = 6, #ARGV do
  local id = ARGV[n]
  local packed = call('HGET', open, id)
  if packed then
    call('HDEL', open, id, 'm:' .. id)
    local entry = cmsgpack.unpack(packed)
    local taken, held, day = entry[5], entry[6], floor(entry[1] / 86400)
    for i = 1, #held, 3 do
      local flags, s = held[i], load(held[i + 1])
      s.c = math.max(0, s.c - 1)
      if flags >= 2 then
        window_correct(s, entry[1], -1, 0)
        for j = 1, #taken, 2 do window_correct(s, taken[j], 0, -taken[j + 1]) end
      end
      if flags % 2 == 1 and s.state ~= 0 then charge(s, day, -1, -entry[3], -entry[4]) end
      save(s)
    end
  end
end
return 1
