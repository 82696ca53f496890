-- ARGV: 6 scope, 7 the balance's epoch or empty, 8 to 14 the balance (money.lua), 15 its snapshot.
local epoch = epoch_of(call('GET', KEYS[1]))
if ARGV[7] ~= '' and ARGV[7] ~= epoch then return 0 end
local s, snapshot = load(ARGV[6]), ARGV[15]
if s.state ~= 1 then return 0 end
add_balance(s, 1, ARGV, 7)
s.state = 2
local pending = prefix .. 'pending:' .. ARGV[6]
local waiting = call('HVALS', pending)
for _, packed in ipairs(waiting) do
  local p = cmsgpack.unpack(packed)
  if #p == 5 then
    resolve(s, p[1], p[2], p[3], p[4], p[5] == 1, snapshot)
  elseif not visible(p[1], snapshot) then
    add_balance(s, -1, p, 1)
  end
end
save(s)
call('SET', prefix .. 'snapshot:' .. ARGV[6], snapshot, 'EX', 3456000)
if #waiting > 0 then call('DEL', pending) end
return 1
