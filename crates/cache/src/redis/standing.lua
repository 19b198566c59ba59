-- Says where a window stands and changes nothing.
-- KEYS: the window. Returns the calls counted, the ms left of it.
return {tonumber(redis.call('HGET', KEYS[1], 'used')) or 0, redis.call('PTTL', KEYS[1])}
