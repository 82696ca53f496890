-- ARGV: 6 the reset's id, 7 scope, 8 whether the minute forgets its requests (1), its tokens (2), 9 stamp, 10 to 16 what is
-- taken off (money.lua).

-- Window::forget.
local function forget(s, requests, tokens)
  local older, kept = older_of(s), ''
  if requests then s.requests, s.last_r = 0, 0 end
  if tokens then s.tokens, s.last_t = 0, 0 end
  for at = 1, #older, 16 do
    local second, r, t = unpack_at(SECOND, older, at)
    kept = kept .. pack(SECOND, second, requests and 0 or r, tokens and 0 or t)
  end
  if s.last == sec then
    kept = kept .. pack(SECOND, sec, s.last_r, s.last_t)
    s.last, s.last_r, s.last_t = sec + 1, 0, 0
  end
  set_older(s, kept)
end

if not call('SET', prefix .. 'done:' .. ARGV[6], 1, 'NX', 'EX', 86400) then return 0 end
local s, minute = load(ARGV[7]), tonumber(ARGV[8])
if s.last > 0 and minute > 0 then forget(s, minute % 2 == 1, minute >= 2) end
if s.state == 1 then
  local pending = prefix .. 'pending:' .. ARGV[7]
  call('HSET', pending, ARGV[6], cmsgpack.pack({unpack(ARGV, 9)}))
  call('EXPIRE', pending, 3456000)
elseif s.state == 2 and not visible(ARGV[9], call('GET', prefix .. 'snapshot:' .. ARGV[7]) or '') then
  add_balance(s, -1, ARGV, 9)
end
if s.last > 0 or s.c > 0 or s.state ~= 0 then save(s) end
return 1
