-- Reads a part of a channel, for `telltale copy`. A script by itself, which needs no library; what is stored is told in
-- settings.lua.
--
-- KEYS: the channel's key. ARGV: log, retained or keys, and the number of the last item of it that the caller has; bytes
-- to bring; what an item counts beside its text; how long idempotency keys are remembered, ms.
-- Answers epoch, top, trimmed, closed, fence, predecessors, the top that a copy brought, life in ms, the newest log
-- entry's offset and time, the part and the number to go on after, how many messages of the log and how many retained
-- ones follow; these; then idempotency keys as "OFFSET AGE ID". Null if there is no channel.

local key, part, after, room = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local OVERHEAD, WINDOW = tonumber(ARGV[4]), tonumber(ARGV[5])
local HEAD = 14 -- what an answer has before its items
local CHUNK = 100 -- items that are read together, at most
local call, format, floor, max, min = redis.call, string.format, math.floor, math.max, math.min

local function foreign()
  return redis.error_reply('NOTACHANNEL the key ' .. key .. ' is no channel: something else has written there')
end

local f = call('HMGET', key, 'e', 't', 'r', 'c', 'f', 'a', 'lo', 'hi', 'kn', 'jl', 'jh', 'cp')
if not f[1] then return call('EXISTS', key) == 1 and foreign() or false end
local lo, hi, jl, jh = tonumber(f[7]), tonumber(f[8]), tonumber(f[10] or 1), tonumber(f[11] or 0)
if not (tonumber(f[2]) and lo and hi) then return foreign() end
local clock = call('TIME')
local now = clock[1] * 1000 + floor(clock[2] / 1000)

-- The values of fields; nil if one is missing.
local function fields(names)
  local values = #names > 0 and call('HMGET', key, unpack(names)) or {}
  for n = 1, #names do
    if not values[n] then return nil end
  end
  return values
end

local function numbered(head, first, last)
  local names = {}
  for n = first, last do names[#names + 1] = head .. format('%.0f', n) end
  return names
end

local function log(first, last) return fields(numbered('', first, last)) end

local function retained(first, last)
  local names = fields(numbered('K', first, last))
  if not names then return nil end
  for n, name in ipairs(names) do names[n] = 'k:' .. name end
  return fields(names)
end

local function keys(first, last)
  local queued, names, found = fields(numbered('J', first, last)), {}, {}
  if not queued then return nil end
  for n, entry in ipairs(queued) do names[n] = 'i:' .. (entry:match('^%d+ (.*)$') or '') end
  for n, seen in ipairs(call('HMGET', key, unpack(names))) do
    -- A key that came a second time, after its time was over, stands in the queue twice.
    local offset, time = (seen or ''):match('^(%d+) (%d+)$')
    if time and time == queued[n]:match('^%d+') and tonumber(time) + WINDOW > now then
      found[#found + 1] = format('%s %.0f %s', offset, max(now - tonumber(time), 0), names[n]:sub(3))
    end
  end
  return found
end

local parts = {
  { name = 'log', first = lo, last = hi, read = log },
  { name = 'retained', first = 1, last = tonumber(f[9] or 0), read = retained },
  { name = 'keys', first = jl, last = jh, read = keys },
}
local answer = {
  f[1], f[2], f[3] or '0', f[4] or '0', f[5] or '', f[6] or '', f[12] or '',
  format('%.0f', call('PTTL', key)), '0', '0', '', '0', 0, 0,
}
if hi >= lo then
  local newest = call('HGET', key, format('%.0f', hi)) or ''
  answer[9], answer[10] = newest:match('^(%d+) (%d+) ')
  if not answer[9] then return foreign() end
end

-- Puts what there is room for into the answer. Answers how many items, nil if one is missing; and whether that is the rest
-- of the part.
local function take(piece)
  local count, bytes, chunk = 0, 0, 1
  local n = max(after + 1, piece.first)
  while n <= piece.last do
    if room <= 0 and #answer > HEAD then return count, false end
    local upTo = min(n + chunk - 1, piece.last)
    local items = piece.read(n, upTo)
    if not items then return nil end
    for _, text in ipairs(items) do
      answer[#answer + 1] = text
      count, bytes, room = count + 1, bytes + #text + OVERHEAD, room - #text - OVERHEAD
    end
    -- As many more as fit if they are like those so far.
    chunk = count == 0 and CHUNK or max(1, min(CHUNK, floor(room * count / bytes)))
    n, after = upTo + 1, upTo
  end
  return count, true
end

local begun = false
for index, piece in ipairs(parts) do
  if begun or piece.name == part then
    if begun then after = 0 end
    begun = true
    local count, isWhole = take(piece)
    if not count then return foreign() end
    if index < 3 then answer[12 + index] = count end
    if not isWhole then
      answer[11], answer[12] = piece.name, format('%.0f', after)
      break
    end
  end
end
return answer
