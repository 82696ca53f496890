// What the shared counters hold, read out of Redis beside the gateways. The layout of a scope stands in common.lua, the
// format in the names of keys (`2:`) in implementations.hpp.
const readScopes = `
local out = {}
local whole = function(x) return string.format('%.0f', x) end
for _, key in ipairs(redis.call('KEYS', 'relayna:2:s:*')) do
  local c, state, day, requests, tokens, mh, ml, bdh, bdl = struct.unpack('<ddddddddd', redis.call('GET', key))
  out[#out + 1] = {string.sub(key, 13), c, state, day, whole(requests), whole(tokens), whole(mh * 1e9 + ml),
                   whole((mh - bdh) * 1e9 + (ml - bdl))}
end
return cjson.encode(out)`;

const readOpen = `
local out = {}
for _, key in ipairs(redis.call('KEYS', 'relayna:2:open:*')) do
  for _, field in ipairs(redis.call('HKEYS', key)) do out[#out + 1] = field end
end
return cjson.encode(out)`;

const list = (text) => { const found = JSON.parse(text); return Array.isArray(found) ? found : []; };  // Lua's empty table is {}

// By scope: {concurrent, seeded, day, requests, tokens, costToday, costEver}; requests and tokens are of `day`, counted from
// 1970, and money is in nano-USD.
export async function countersIn(redis) {
  const scopes = new Map();
  for (const [id, concurrent, state, day, requests, tokens, costEver, costToday] of list(await redis.command("EVAL", readScopes, "0"))) {
    scopes.set(id, { concurrent, seeded: state === 2, day, requests: Number(requests), tokens: Number(tokens), costToday: Number(costToday), costEver: Number(costEver) });
  }
  return scopes;
}

// Ids of the requests that hold a reservation.
export const reservationsIn = async (redis) => list(await redis.command("EVAL", readOpen, "0")).filter((field) => !field.startsWith("m:"));
