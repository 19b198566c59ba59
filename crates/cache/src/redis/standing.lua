-- Says where a window stands and changes nothing.
-- KEYS: the window (see admit.lua). Returns the calls counted, the ms left of it.
return {(tonumber(redis.call('GET', KEYS[1])) or 0) % 4294967296, redis.call('PTTL', KEYS[1])}
