-- Reads a page of the registry of tasks, for `telltale copy`. A script by itself, which needs no library; what is stored
-- is told in tasks.lua.
--
-- KEYS: the registry. ARGV: how many at most; the task after which the page begins, its state and when it was first
-- recorded, or nothing three times.
-- Answers channel, state, when it was first recorded, ms until it is due, and so on, in the order of the scores.

local key, limit, after, state, created = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local BAND = 2 ^ 43
local call, format, floor, max = redis.call, string.format, math.floor, math.max

local function digits(number) return format('%.0f', number) end

local clock = call('TIME')
local now = clock[1] * 1000 + floor(clock[2] / 1000)
local states, bands = {}, {}
local found = call('ZRANGE', key, '-inf', '(0', 'BYSCORE', 'WITHSCORES')
for at = 1, #found, 2 do
  local band = -tonumber(found[at + 1]) * BAND
  states[band], bands[found[at]:sub(3)] = found[at]:sub(3), band
end

local first = call('ZCOUNT', key, '-inf', '(' .. digits(BAND))
if after ~= '' then
  -- One that has gone meanwhile leaves its place to what has its score or a higher one.
  local rank = call('ZRANK', key, 'l:' .. after)
  local gone = bands[state] and call('ZCOUNT', key, '-inf', '(' .. digits(bands[state] + created)) or first
  first = rank and rank + 1 or gone
end
found = call('ZRANGE', key, first, first + limit - 1, 'WITHSCORES')
local answer = {}
for at = 1, #found, 2 do
  local score, channel = tonumber(found[at + 1]), found[at]:sub(3)
  local time = score % BAND
  local due = call('ZSCORE', key, 'd:' .. channel)
  local word = states[score - time]
  if due and word then
    local n = #answer
    answer[n + 1], answer[n + 2], answer[n + 3] = channel, word, digits(time)
    answer[n + 4] = digits(max(due - now, 0))
  end
end
return answer
