-- Looks up an answer; if there is none, counts a call in the caller's window, if it may pass.
-- KEYS: the window; the answer's copy, if the caller sent a key.
-- ARGV: capacity, length of a window in ms. None while limits are off.
-- Returns the copy, the calls counted, the ms left of the window (-1: none is open), the number of the window that was charged.
--
-- A window is one integer, so that counting is one INCR, which leaves its end as it is: below, the calls counted; above, the
-- window's number, which is when it opened, in ms, of the last 17 minutes. No charge lives as long, so a number says which.
local CALLS = 4294967296
local NUMBERS = 1048576
local held = redis.call('MGET', unpack(KEYS))
local window, copy = tonumber(held[1]) or 0, held[2] or false
if not ARGV[1] then
  return {copy, 0, -1, false}
end
local used = window % CALLS
if copy or used >= tonumber(ARGV[1]) then
  return {copy, used, used > 0 and redis.call('PTTL', KEYS[1]) or -1, false}
end
if used == 0 then
  local now = redis.call('TIME')
  local number = (now[1] * 1000 + math.floor(now[2] / 1000)) % NUMBERS
  redis.call('SET', KEYS[1], string.format('%.0f', number * CALLS + 1), 'PX', ARGV[2])
  return {false, 1, tonumber(ARGV[2]), number}
end
redis.call('INCR', KEYS[1])
return {false, used + 1, redis.call('PTTL', KEYS[1]), math.floor(window / CALLS)}
