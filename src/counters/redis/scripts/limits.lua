-- The limits of one request's scopes, as the caller packs them one after the other (replies.cpp): 13 doubles each: most
-- requests per minute, per day, tokens per minute, per day, requests at once; most money per day, week, month and ever,
-- each as high and low. What is not limited is infinite. They are kept with the reservation, for extensions.
local LIMITS, LIMITS_SIZE = '<ddddddddddddd', 104

local function short(left, least) return left <= 0 or left < least end

-- Whether less than `least`, or nothing, is left of any money that is limited. What is left is exact in its sign and up to
-- 2^53.
local function money_short(s, least, dh, dl, wh, wl, mh, ml, eh, el)
  local high, low = s.mh, s.ml
  return short((dh - high + s.bdh) * 1e9 + (dl - low + s.bdl), least) or short((wh - high + s.bwh) * 1e9 + (wl - low + s.bwl), least)
    or short((mh - high + s.bmh) * 1e9 + (ml - low + s.bml), least) or short((eh - high) * 1e9 + (el - low), least)
end
