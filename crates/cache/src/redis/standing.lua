-- Says where a window stands and changes nothing.
-- KEYS: the window (see admit.lua). Returns the calls counted, the ms left of it.
local held = redis.call('MGET', KEYS[1])[1] or ''
local left = redis.call('PTTL', KEYS[1])
if left < 0 or #held > 16 or not string.find(held, '^[1-9]%d*$') then
  return {0, -1}
end
return {tonumber(held) % 4294967296, left}
