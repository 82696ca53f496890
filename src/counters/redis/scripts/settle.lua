-- ARGV: 2 whose reservations; 6 and following, of each request: id, tokens, cost. Returns two digits for each, known and all
-- seeded, then the epoch.
local open, ids, forgotten, entries = prefix .. 'open:' .. replica, {}, {}, {}
for n = 6, #ARGV, 3 do
  local i = #ids + 1
  ids[i], forgotten[2 * i - 1], forgotten[2 * i] = ARGV[n], ARGV[n], 'm:' .. ARGV[n]
end
local packed = call('HMGET', open, unpack(ids))
-- First, because Redis out of memory lets a script that began to write go on.
if call('HDEL', open, unpack(forgotten)) == 0 then return string.rep('00', #ids) .. epoch_of(call('GET', KEYS[1])) end
local seen = {}  -- an id that is named twice is settled once
for i, id in ipairs(ids) do
  entries[i] = not seen[id] and packed[i] and read_entry(packed[i])
  seen[id] = true
end
-- Each scope is read and written once, however many requests it is in.
local scopes, epoch = load_for(entries)
local reply = {}
for i, entry in ipairs(entries) do
  local seeded = entry and finish(entry, scopes, tonumber(ARGV[3 * i + 4]), tonumber(ARGV[3 * i + 5]))
  reply[i] = entry and (seeded and '11' or '10') or '00'
end
for _, s in pairs(scopes) do save(s) end
return table.concat(reply) .. epoch
