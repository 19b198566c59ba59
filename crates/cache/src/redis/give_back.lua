-- Takes a call out of the window it was counted in, if that window is still the current one. A window without calls has never
-- been opened: it goes.
-- KEYS: the window (see admit.lua). ARGV: its number.
local CALLS = 4294967296
local window = tonumber(redis.call('GET', KEYS[1]))
if window and math.floor(window / CALLS) == tonumber(ARGV[1]) then
  redis.call(window % CALLS > 1 and 'DECR' or 'DEL', KEYS[1])
end
return 0
