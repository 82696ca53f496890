-- A reservation: seconds and microseconds of its admission, tokens, cost, how often tokens were taken (2 bytes), number of
-- scopes (2 bytes); for each taking its second and tokens; a byte of flags for each scope: 1 durable kinds charged, 2 minute
-- charged; then the ids of the scopes as the caller packed them: flags, length (2 bytes), id.
local ENTRY, TAKING, TAKING_SIZE, SCOPE_ID = '<I4I4ddI2I2', '<I4d', 12, '<BI2c0'

-- As numbers, and taken = {second, tokens, …}, flags = {…}, scopes = {id, …}, where the flags begin (tail).
local function read_entry(packed)
  local at_sec, at_usec, tokens, cost, takings, count, at = unpack_at(ENTRY, packed)
  local taken, flags, scopes, tail, _ = {}, {}, {}
  for i = 1, 2 * takings, 2 do taken[i], taken[i + 1], at = unpack_at(TAKING, packed, at) end
  tail, at = at, at + count
  for i = 1, count do
    flags[i] = string.byte(packed, tail + i - 1)
    _, scopes[i], at = unpack_at(SCOPE_ID, packed, at)
  end
  return {sec = at_sec, usec = at_usec, tokens = tokens, cost = cost, taken = taken, flags = flags, scopes = scopes, tail = tail}
end
