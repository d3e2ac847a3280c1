-- Reading a channel from a position on.

-- The number of the first log entry above an offset.
local function firstAfter(key, channel, offset)
  -- No more than `top - offset` entries can be above it, and just so many if none was conflated since: there it is
  -- found at the first look.
  local low, high = max(channel.lo, channel.hi - (channel.top - offset) + 1), channel.hi + 1
  local probe = low
  while low < high do
    if header(key, call('HGET', key, probe)) > offset then high = probe else low = probe + 1 end
    probe = floor((low + high) / 2)
  end
  return low
end

-- The offset before all that is kept: retained messages may be older than the log.
local function earliest(key, channel, retained)
  local first = channel.lo <= channel.hi and header(key, call('HGET', key, channel.lo)) or nil
  for _, kept in ipairs(retained) do first = min(first or kept.offset, kept.offset) end
  return first and min(channel.trimmed, first - 1) or channel.top
end

-- Where a position stands in the present epoch; nil if it does not.
local function translate(channel, epoch, offset)
  if epoch == channel.epoch or (epoch == '0' and offset == 0) then return offset <= channel.top, 'future' end
  for old, last in channel.before:gmatch('(%w+):(%d+)') do
    if old == epoch then return offset <= tonumber(last), 'future' end
  end
  return false, 'epoch'
end

-- The offset after which the reader gets all there is, and why it misses something.
local function resolve(key, channel, retained, argv, first)
  local kind = argv[first]
  if kind == 'latest' then return channel.top, '' end
  if kind == 'last' then
    local n = channel.hi - tonumber(argv[first + 1]) + 1
    if n >= channel.lo then return header(key, call('HGET', key, n)) - 1, '' end
  elseif kind == 'after' then
    local offset = tonumber(argv[first + 2])
    local known, reason = translate(channel, argv[first + 1], offset)
    if known then return offset, offset < channel.trimmed and 'trimmed' or '' end
    return earliest(key, channel, retained()), reason
  end
  return earliest(key, channel, retained()), ''
end

-- Gives the log's entries from `n` on, one a call, then nil. It reads about as many at once as there is room for.
local function logReader(key, channel, n, messages, bytes)
  local average = channel.bytes / max(channel.hi - channel.lo + 1, 1) + 1
  local step = min(messages, floor(bytes / average) + 1, CHUNK)
  local part, index = {}, 0
  return function()
    index = index + 1
    if index > #part then
      if n > channel.hi then return nil end
      local fields = {}
      for entry = n, min(n + max(step, 1) - 1, channel.hi) do fields[#fields + 1] = entry end
      part, index, n = call('HMGET', key, unpack(fields)), 1, n + #fields
    end
    local offset, size = header(key, part[index])
    return { offset = offset, bytes = size, message = part[index] }
  end
end

-- Adds the messages after `offset` to the answer: the log's, and those that only retain keys keep, in offset order. The
-- limit never ends a page below `trimmed`: the next page would begin at a position that, by itself, is a gap.
-- Returns whether they reach the top.
local function page(key, channel, retained, offset, messages, bytes, answer)
  local loose = {}
  for _, kept in ipairs(retained) do
    if kept.offset > offset and (kept.conflated or kept.offset <= channel.trimmed) then loose[#loose + 1] = kept end
  end
  table.sort(loose, function(a, b) return a.offset < b.offset end)
  local nextLogged = logReader(key, channel, firstAfter(key, channel, offset), messages, bytes)
  local logged, index, count, size, last = nextLogged(), 1, 0, 0, nil
  while logged or loose[index] do
    local isLoose = loose[index] and (not logged or loose[index].offset < logged.offset)
    local message = isLoose and loose[index] or logged
    size = size + message.bytes
    if (count >= messages or size > bytes) and last and last >= channel.trimmed then return false end
    answer[#answer + 1] = message.message
    count, last = count + 1, message.offset
    if isLoose then index = index + 1 else logged = nextLogged() end
  end
  return true
end

-- ARGV: the bounds in messages and in bytes, then where to start: `earliest`, `latest`, `last` N, `after` EPOCH OFFSET.
-- Answers epoch, top, trimmed, closed, reason of the gap or nothing, start, whether the top is reached, the epochs
-- before, then the messages; null if there is no channel.
local function recover(key, argv, first)
  local channel = open(key)
  if not channel then return false end
  local kept
  local function retained()
    kept = kept or retainedMessages(key)
    return kept
  end
  local start, reason = resolve(key, channel, retained, argv, first + 2)
  local answer = {
    channel.epoch, channel.top, channel.trimmed, channel.closed and 1 or 0, reason, start, 1, channel.before,
  }
  if start < channel.top then
    local messages, bytes = tonumber(argv[first]), tonumber(argv[first + 1])
    answer[7] = page(key, channel, retained(), start, messages, bytes, answer) and 1 or 0
  end
  return answer
end
