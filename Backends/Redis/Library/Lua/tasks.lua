-- Which tasks there are, and when each is due: one sorted set, so it too can't be half evicted or half on another node of a
-- cluster. Its members, by score:
--
--   s:STATE    below 0: minus the state's number, which it got when it first came
--   d:CHANNEL  from 0 on: when it is due
--   l:CHANNEL  from the BAND of its state's number on: that times BAND, and when it was first recorded
--
-- Times are in ms since 1970.

local BAND = 2 ^ 43 -- the year 2248
local STATES = 256 -- at most; with more than 1023 a score would be no whole number any more

local function milliseconds()
  local clock = call('TIME')
  return clock[1] * 1000 + floor(clock[2] / 1000)
end

local function stateNumbers(key)
  local found, numbers = call('ZRANGE', key, '-inf', '(0', 'BYSCORE', 'WITHSCORES'), {}
  for at = 1, #found, 2 do numbers[found[at]:sub(3)] = -tonumber(found[at + 1]) end
  return numbers, #found / 2
end

-- ARGV: channel, state, ms until it is due, and so on.
local function recordTasks(key, argv, first)
  local now, members, writes = milliseconds(), {}, {}
  local numbers, count = stateNumbers(key)
  local function put(score, member)
    writes[#writes + 1] = digits(score)
    writes[#writes + 1] = member
  end
  for at = first, #argv, 3 do members[#members + 1] = 'l:' .. argv[at] end
  local listed = call('ZMSCORE', key, unpack(members))
  for n, member in ipairs(members) do
    local at = first + 3 * (n - 1)
    local channel, state, due = argv[at], argv[at + 1], argv[at + 2]
    if not numbers[state] then
      if count == STATES then fail('BADARGUMENT tasks have ' .. STATES .. ' states already, and no more') end
      count = count + 1
      numbers[state] = count
      put(-count, 's:' .. state)
    end
    put(numbers[state] * BAND + (listed[n] and listed[n] % BAND or now), member)
    put(now + due, 'd:' .. channel)
  end
  each('ZADD', key, writes)
  return 1
end

-- ARGV: channels. With the last task the states go too.
local function removeTasks(key, argv, first)
  local members = {}
  for at = first, #argv do
    members[#members + 1] = 'd:' .. argv[at]
    members[#members + 1] = 'l:' .. argv[at]
  end
  each('ZREM', key, members)
  if call('ZCOUNT', key, 0, '+inf') == 0 then call('UNLINK', key) end
  return 1
end

-- ARGV: how many at most, and for how many ms. Answers the time, then channels.
local function claimTasks(key, argv, first)
  local now, writes = milliseconds(), {}
  local due = call('ZRANGE', key, 0, digits(now), 'BYSCORE', 'LIMIT', 0, argv[first])
  local answer = { now }
  for n, member in ipairs(due) do
    answer[n + 1] = member:sub(3)
    writes[2 * n - 1] = digits(now + argv[first + 1])
    writes[2 * n] = member
  end
  each('ZADD', key, writes)
  return answer
end

-- Whether one text comes before another, byte by byte, as in a sorted set. (Lua's own order is the locale's.)
local function precedes(left, right)
  for at = 1, min(#left, #right) do
    local a, b = left:byte(at), right:byte(at)
    if a ~= b then return a < b end
  end
  return #left < #right
end

-- The rank of the first member of a score that does not come before this one.
local function rankAt(key, score, member)
  local low = call('ZCOUNT', key, '-inf', '(' .. score)
  local high = low + call('ZCOUNT', key, score, score)
  while low < high do
    local middle = floor((low + high) / 2)
    if precedes(call('ZRANGE', key, middle, middle)[1], member) then low = middle + 1 else high = middle end
  end
  return low
end

-- ARGV: how many of each state at most; the last task of the page before and when it was created, or two times nothing;
-- then states, or nothing for all. Answers state, time, channel, and so on, each state's oldest first.
local function listTasks(key, argv, first)
  local limit, after, created = tonumber(argv[first]), argv[first + 1], argv[first + 2]
  local numbers, wanted, answer = stateNumbers(key), {}, {}
  for at = first + 3, #argv do wanted[argv[at]] = true end
  for state, number in pairs(numbers) do
    if #argv < first + 3 or wanted[state] then
      local band = number * BAND
      local low = call('ZCOUNT', key, '-inf', '(' .. digits(band))
      local high = after == '' and call('ZCOUNT', key, '-inf', '(' .. digits(band + BAND))
        or rankAt(key, digits(band + created), 'l:' .. after)
      local found = high > low and call('ZRANGE', key, max(low, high - limit), high - 1, 'WITHSCORES') or {}
      for at = 1, #found, 2 do
        answer[#answer + 1] = state
        answer[#answer + 1] = digits(found[at + 1] - band)
        answer[#answer + 1] = found[at]:sub(3)
      end
    end
  end
  return answer
end
