-- ARGV: 2 whose reservation, 6 request id, 7 tokens, 8 cost. Returns two digits, known and all seeded, and the epoch.
local open, id = prefix .. 'open:' .. replica, ARGV[6]
local packed = call('HGET', open, id)
if not packed then return '00' .. epoch_of(call('GET', KEYS[1])) end
-- First, because Redis out of memory lets a script that began to write go on.
call('HDEL', open, id, 'm:' .. id)
local all_seeded, epoch = finish(read_entry(packed), tonumber(ARGV[7]), tonumber(ARGV[8]))
return (all_seeded and '11' or '10') .. epoch
