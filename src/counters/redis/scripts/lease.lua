-- ARGV: 6 what, 7 its argument.
--   epoch                    returns it
--   renew, lease in ms
--   dead, grace in ms        returns replicas whose lease ended that long ago and that hold reservations
--   orphans, replica         returns {request id, memo, seconds, microseconds, tokens, cost, scope …} of some of its
--                            reservations: all of them while they are few
local epoch = epoch_of(call('GET', KEYS[1]))
local replicas, now = prefix .. 'replicas', sec * 1000 + floor(usec / 1000)

local function dead(grace)
  local found = {}
  for _, name in ipairs(call('ZRANGEBYSCORE', replicas, '-inf', now - grace)) do
    if call('EXISTS', prefix .. 'open:' .. name) == 0 then
      call('ZREM', replicas, name)
    elseif name ~= replica then
      found[#found + 1] = name
    end
  end
  return found
end

local function orphans(open)
  local found, cursor = {}, '0'
  repeat
    local page = call('HSCAN', open, cursor, 'COUNT', 500)
    cursor = page[1]
    for i = 1, #page[2], 2 do
      local id = page[2][i]
      if sub(id, 1, 2) ~= 'm:' then
        local entry = read_entry(page[2][i + 1])
        local memo = sub(call('HGET', open, 'm:' .. id), LIMITS_SIZE * #entry.scopes + 1)
        local orphan = {id, memo, entry.sec, entry.usec, entry.tokens, entry.cost}
        for j, scope in ipairs(entry.scopes) do orphan[6 + j] = scope end
        found[#found + 1] = orphan
      end
    end
  until cursor == '0' or #found > 0
  return found
end

if ARGV[6] == 'epoch' then return epoch end
if ARGV[6] == 'renew' then return call('ZADD', replicas, now + tonumber(ARGV[7]), replica) end
if ARGV[6] == 'dead' then return dead(tonumber(ARGV[7])) end
return orphans(prefix .. 'open:' .. ARGV[7])
