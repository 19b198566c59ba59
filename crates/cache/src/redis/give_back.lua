-- Takes a call out of the window it was counted in, if that window is still the current one.
-- KEYS: the window. ARGV: its number.
if redis.call('HGET', KEYS[1], 'id') == ARGV[1] and redis.call('HINCRBY', KEYS[1], 'used', -1) <= 0 then
  redis.call('DEL', KEYS[1])
end
return 0
