-- Transaction ids are decimal text here: they have 64 bits.
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

-- Whether the transaction was visible to the snapshot `xmin:xmax:xip,…`; snapshot.cpp in Lua.
local function visible(stamp, snapshot)
  local least, limit, in_progress = string.match(snapshot, '^(%d+):(%d+):(.*)$')
  if not least then return false end
  if less(stamp, least) then return true end
  if not less(stamp, limit) then return false end
  return not string.find(',' .. in_progress .. ',', ',' .. stamp .. ',', 1, true)
end

-- Why each request is counted once is explained in count_table.cpp.
local function resolve(s, stamp, tokens, cost, day, counted, snapshot)
  local change = (visible(stamp, snapshot) and 0 or 1) - (counted and 1 or 0)
  if change ~= 0 then charge(s, day, change, change * tokens, change * cost) end
end
