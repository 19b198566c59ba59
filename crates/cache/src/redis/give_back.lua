-- Takes a call out of the window it was counted in, if that window is still the current one. A window without calls has never
-- been opened: it goes.
-- KEYS: the window (see admit.lua). ARGV: its number.
local CALLS = 4294967296
-- A list or a hash under the key is nothing to MGET, and an error to GET.
local held = redis.call('MGET', KEYS[1])[1] or ''
if string.find(held, '^[1-9]%d*$') and math.floor(tonumber(held) / CALLS) == tonumber(ARGV[1]) then
  redis.call(tonumber(held) % CALLS > 1 and 'DECR' or 'DEL', KEYS[1])
end
return 0
