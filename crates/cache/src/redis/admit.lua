-- Looks up an answer; if there is none, counts a call in the caller's window, if it may pass.
-- KEYS: the window; the answer's copy, if the caller sent a key.
-- ARGV: capacity, length of a window in ms. None while limits are off.
-- Returns the copy, the calls counted, the ms left of the window (-1: none is open), the number of the window that was charged.
--
-- A window is one integer, so that counting is one INCR, which leaves its end as it is: below, the calls counted; above, the
-- window's number, which is when it opened, in ms, of the last 17 minutes. No charge lives as long, so a number says which.
-- Anything else under its key, or one without an end, was not put there by this script: it is no window, and the next call that
-- is counted opens one in its place.
local CALLS = 4294967296
local NUMBERS = 1048576
local held = redis.call('MGET', unpack(KEYS))
local copy = held[2] or false
if not ARGV[1] then
  return {copy, 0, -1, false}
end
local window, left = 0, -1
if held[1] and #held[1] <= 16 and string.find(held[1], '^[1-9]%d*$') then
  left = redis.call('PTTL', KEYS[1])
  window = left >= 0 and tonumber(held[1]) or 0
end
local used = window % CALLS
if copy or used >= tonumber(ARGV[1]) then
  return {copy, used, used > 0 and left or -1, false}
end
if used == 0 then
  local now = redis.call('TIME')
  local number = (now[1] * 1000 + math.floor(now[2] / 1000)) % NUMBERS
  redis.call('SET', KEYS[1], string.format('%.0f', number * CALLS + 1), 'PX', ARGV[2])
  return {false, 1, tonumber(ARGV[2]), number}
end
redis.call('INCR', KEYS[1])
return {false, used + 1, left, math.floor(window / CALLS)}
