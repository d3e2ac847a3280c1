-- Writes entries of another registry of tasks, for `telltale copy`. A script by itself, which needs no library; what is
-- stored is told in tasks.lua.
--
-- KEYS: the registry. ARGV: channel, state, when it was first recorded, ms until it is due, and so on. Where the state is
-- the same, the later due counts.

local key = KEYS[1]
local BAND = 2 ^ 43
local STATES = 256 -- at most
local call, format, floor, max = redis.call, string.format, math.floor, math.max

local function digits(number) return format('%.0f', number) end

local clock = call('TIME')
local now = clock[1] * 1000 + floor(clock[2] / 1000)
local numbers, count = {}, 0
local found = call('ZRANGE', key, '-inf', '(0', 'BYSCORE', 'WITHSCORES')
for at = 1, #found, 2 do
  numbers[found[at]:sub(3)], count = -tonumber(found[at + 1]), count + 1
end
for at = 1, #ARGV, 4 do
  local channel, state, created, due = ARGV[at], ARGV[at + 1], ARGV[at + 2], now + ARGV[at + 3]
  if not numbers[state] then
    if count == STATES then return redis.error_reply('BADARGUMENT tasks have ' .. STATES .. ' states already') end
    count = count + 1
    numbers[state] = count
    call('ZADD', key, -count, 's:' .. state)
  end
  local band = numbers[state] * BAND
  local scores = call('ZMSCORE', key, 'l:' .. channel, 'd:' .. channel)
  if scores[1] and scores[2] and scores[1] - scores[1] % BAND == band then due = max(due, tonumber(scores[2])) end
  call('ZADD', key, digits(band + created), 'l:' .. channel, digits(due), 'd:' .. channel)
end
return 1
