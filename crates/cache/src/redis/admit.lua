-- Looks up an answer; if there is none, counts a call in the caller's window, if it may pass.
-- KEYS: the window; the answer's copy, if the caller sent a key.
-- ARGV: capacity, length of a window in ms, number of a window that opens now. None while limits are off.
-- Returns the copy, the calls counted, the ms left of the window (-1: none is open), the number of the window that was charged.
local copy = KEYS[2] and redis.call('GET', KEYS[2]) or false
if not ARGV[1] then
  return {copy, 0, -1, false}
end
local window = redis.call('HMGET', KEYS[1], 'id', 'used')
-- No calls: every one was given back, so no counted call has opened this window.
local used = tonumber(window[2]) or 0
if copy or used >= tonumber(ARGV[1]) then
  return {copy, used, used > 0 and redis.call('PTTL', KEYS[1]) or -1, false}
end
if used == 0 then
  redis.call('HSET', KEYS[1], 'id', ARGV[3], 'used', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {false, 1, tonumber(ARGV[2]), ARGV[3]}
end
redis.call('HINCRBY', KEYS[1], 'used', 1)
return {false, used + 1, redis.call('PTTL', KEYS[1]), window[1]}
