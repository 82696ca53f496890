-- ARGV: 2 whose reservation, 6 request id, 7 tokens, 8 cost. Returns {known, all seeded, epoch}.
local open, id = prefix .. 'open:' .. replica, ARGV[6]
local packed = call('HGET', open, id)
if not packed then return {0, 0, epoch} end
-- First, because Redis out of memory lets a script that began to write go on.
call('HDEL', open, id, 'm:' .. id)
local all_seeded = finish(cmsgpack.unpack(packed), tonumber(ARGV[7]), tonumber(ARGV[8]))
return {1, all_seeded and 1 or 0, epoch}
