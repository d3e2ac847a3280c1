-- A channel is one hash, and each function here is one atomic step on it: it can't be half expired, half evicted or
-- half on another node of a cluster. Its fields:
--
--   e  epoch             t  top, the newest offset     r  trimmed: the highest offset that was removed from the log
--   c  1 when closed     f  the highest fence          b  bytes of data in the log
--   lo hi  the numbers of the log's first and last entry; entry n is the field n. Numbers have no holes, offsets may
--   g  the server process that wrote last              a  the epochs before this one, see `renew`
--   k:KEY  the newest message of a retain key          kn, K1 … Kkn  how many keys, and their names
--   i:ID   "OFFSET TIME" of an idempotency key         jl jh, Jjl … Jjh  "TIME ID", in the order to forget them
--
-- A message is "OFFSET TIME FLAGS EVENT KEY BYTES", a line feed, and the data; the flags are t(ext) or j(son),
-- c(onflated), x (it closes the channel). An announcement is "+EPOCH", a line feed, and messages; or "-EPOCH" and a
-- line feed: the channel is deleted.

local PREFIX, NAME, DIGEST = {{prefix}}, {{name}}, {{digest}}
local OPENING = PREFIX .. '{' -- a channel's key is PREFIX{CHANNEL}
local ANNOUNCE = {{announce}}
local MESSAGE_BYTES = {{message_bytes}}
local WINDOW = {{window}} -- how long an idempotency key is remembered, ms
local RETENTION = {{retention}} -- ttl and closed (the ttl after close) in ms
local NAMESPACES = {{namespaces}}

local CHUNK = 1000 -- values on Lua's stack at once, at most
local LARGEST = 9007199254740991 -- 2^53 - 1: what a double holds exactly
local PREDECESSORS = 8 -- epochs that a channel remembers of itself, at most
local WORDS = 7 -- of each publication: flags, event, retain key, expect, fence, idempotency key, data

-- Filled in by the first call: while a library is loaded there is nothing yet of Lua's own.
local call, format, max, min, floor, whole

-- Raises an error that the caller gets word by word. (A plain string would get the script's name and line in front.)
local function fail(message) error({ err = message }, 0) end

local function foreign(key)
  fail('NOTACHANNEL the key ' .. key .. ' is no channel: something else has written there')
end

-- Text of anyone's, fit for an error message.
local function shown(text) return '"' .. text:sub(1, 64):gsub('[^ -~]', '?') .. '"' end

local function digits(number) return format(whole, number) end

-- Does `command` on as many values as there are, a chunk at a time.
local function each(command, key, values)
  local count = #values
  if count <= CHUNK then return count > 0 and call(command, key, unpack(values)) end
  for first = 1, count, CHUNK do
    call(command, key, unpack(values, first, min(first + CHUNK - 1, count)))
  end
end

local function fetch(key, fields)
  if #fields <= CHUNK then return call('HMGET', key, unpack(fields)) end
  local values = {}
  for first = 1, #fields, CHUNK do
    local part = call('HMGET', key, unpack(fields, first, min(first + CHUNK - 1, #fields)))
    for index = 1, #part do values[first + index - 1] = part[index] end
  end
  return values
end

local function channelName(key)
  if key:sub(1, #OPENING) == OPENING and key:sub(-1) == '}' then return key:sub(#OPENING + 1, -2) end
end

local function retention(key)
  if key:sub(1, #OPENING) ~= OPENING then fail('BADARGUMENT the key ' .. shown(key) .. ' is not under ' .. PREFIX) end
  local colon = key:find(':', #OPENING + 1, true)
  return colon and NAMESPACES[key:sub(#OPENING + 1, colon - 1)] or RETENTION
end

-- The channel as it stands; nil if there is none.
local function open(key)
  local f = call('HMGET', key, 'e', 't', 'b', 'lo', 'hi', 'r', 'c', 'f', 'g', 'a')
  if not f[1] then
    if call('EXISTS', key) == 1 then foreign(key) end
    return nil
  end
  local channel = {
    epoch = f[1], top = tonumber(f[2]), bytes = tonumber(f[3]), lo = tonumber(f[4]), hi = tonumber(f[5]),
    trimmed = tonumber(f[6] or 0), closed = f[7] == '1', fence = tonumber(f[8]), server = f[9], before = f[10] or '',
  }
  if not (channel.top and channel.bytes and channel.lo and channel.hi and channel.trimmed) then foreign(key) end
  return channel
end

-- A stored message's offset, bytes of data, and flags.
local function header(key, message)
  local offset, flags, bytes = (message or ''):match('^(%d+) %d+ (%a+) %S+ %S* (%d+)\n')
  if not offset then foreign(key) end
  return tonumber(offset), tonumber(bytes), flags
end

-- Which server process this is. A restart or a failover may have lost what was acknowledged, and it gives another id.
-- It is asked once in a process's life where functions keep their variables; a script is told by its caller.
local process
local function server(run)
  if run and run ~= '' then return run:sub(1, 16) end
  process = process or call('INFO', 'server'):match('run_id:(%x+)'):sub(1, 16)
  return process
end

-- Redis seeds Lua's own chance with a constant. The count tells two births in one microsecond apart.
local births = 0
local function newEpoch(batch)
  births = births + 1
  local chance = { batch.key, batch.clock[1], batch.clock[2], batch.server, births, tostring({}) }
  return redis.sha1hex(table.concat(chance, ' ')):sub(1, 12)
end

----------------------------------------------------------------------------------------------------- publishing a batch

-- Another process wrote here before: offsets above `top` may have been given to messages that are lost. The channel
-- goes on in a new epoch, and remembers up to where the old one agrees with it.
local function renew(batch)
  local before = batch.epoch .. ':' .. digits(batch.top) .. ' ' .. batch.before
  local kept = {}
  for position in before:gmatch('%S+') do
    if #kept < PREDECESSORS then kept[#kept + 1] = position end
  end
  batch.before = table.concat(kept, ' ')
  batch.epoch = newEpoch(batch)
  batch.renewed = true
end

-- A batch is a channel with what is to be changed in it: it is read at once, changed in memory, and written at once.
local function begin(key, run)
  local channel = open(key)
  local batch = channel or { top = 0, bytes = 0, lo = 1, hi = 0, trimmed = 0, closed = false, before = '' }
  batch.key, batch.clock, batch.isNew = key, call('TIME'), not channel
  batch.now = batch.clock[1] * 1000 + floor(batch.clock[2] / 1000)
  batch.stamp = ' ' .. digits(batch.now) .. ' '
  batch.server, batch.writer = server(run), batch.server
  batch.oldHi, batch.wasClosed = batch.hi, batch.closed
  batch.writes, batch.deletions, batch.messages, batch.logged = {}, {}, {}, {}
  return batch
end

-- Reads what the batch's retain keys and idempotency keys stand for.
local function lookUp(batch, argv, first)
  local fields
  for at = first, #argv, WORDS do
    local key, id = argv[at + 2], argv[at + 5]
    if key ~= '' or id ~= '' then
      fields = fields or { 'kn', 'jl', 'jh' }
      if key ~= '' then fields[#fields + 1] = 'k:' .. key end
      if id ~= '' then fields[#fields + 1] = 'i:' .. id end
    end
  end
  if not fields then return end
  local values = fetch(batch.key, fields)
  batch.keys, batch.jl, batch.jh = tonumber(values[1] or 0), tonumber(values[2] or 1), tonumber(values[3] or 0)
  batch.retained, batch.seen = {}, {}
  for index = 4, #fields do
    local kind, name, value = fields[index]:sub(1, 1), fields[index]:sub(3), values[index]
    if kind == 'i' then
      batch.seen[name] = value
    elseif value then
      batch.retained[name] = header(batch.key, value)
    end
  end
end

-- The offset that an idempotency key has already brought, if that is not too long ago.
local function repeated(batch, id)
  local seen = batch.seen[id]
  if not seen then return nil end
  local offset, time = seen:match('^(%d+) (%d+)$')
  if not offset then foreign(batch.key) end
  if tonumber(time) + WINDOW > batch.now then return offset end
end

-- Why the channel does not take a publication; nil if it does.
local function refusal(batch, key, expect, fence, data)
  local highest = batch.fence
  if batch.closed and not (fence and (not highest or fence > highest)) then
    return 'closed ' .. digits(batch.top)
  end
  if fence and highest and fence < highest then return 'fenced ' .. digits(highest) end
  if expect then
    if key == '' then return 'expectwithoutkey' end
    local current = batch.retained[key] or 0
    if current ~= expect then return 'conflict ' .. digits(current) end
  end
  if #data > MESSAGE_BYTES then return format('toolarge %d %d', #data, MESSAGE_BYTES) end
end

local function write(batch, field, value)
  local writes = batch.writes
  writes[#writes + 1] = field
  writes[#writes + 1] = value
end

local function retain(batch, key, message)
  if not batch.retained[key] then
    batch.keys = batch.keys + 1
    write(batch, 'K' .. batch.keys, key)
  end
  batch.retained[key] = batch.top
  write(batch, 'k:' .. key, message)
end

local function remember(batch, id)
  local seen = format('%.0f %.0f', batch.top, batch.now)
  batch.seen[id], batch.jh = seen, batch.jh + 1
  batch.remembered = (batch.remembered or 0) + 1
  write(batch, 'i:' .. id, seen)
  write(batch, 'J' .. digits(batch.jh), format('%.0f %s', batch.now, id))
end

-- Takes one publication into the batch. Answers its offset, or in words why not.
local function take(batch, flags, event, key, expect, fence, id, data)
  local first = id ~= '' and repeated(batch, id)
  if first then return 'duplicate ' .. first end
  expect, fence = tonumber(expect), tonumber(fence)
  local refused = refusal(batch, key, expect, fence, data)
  if refused then return refused end

  if batch.isNew then batch.epoch = batch.epoch or newEpoch(batch)
  elseif batch.writer ~= batch.server and not batch.renewed then renew(batch) end
  batch.top = batch.top + 1
  local head = digits(batch.top) .. batch.stamp .. flags .. ' ' .. event .. ' ' .. key .. ' '
  local message = head .. digits(#data) .. '\n' .. data
  batch.messages[#batch.messages + 1] = message
  if key ~= '' then retain(batch, key, message) end
  if not flags:find('c', 2, true) then
    batch.hi, batch.bytes = batch.hi + 1, batch.bytes + #data
    batch.logged[#batch.logged + 1] = message
    write(batch, digits(batch.hi), message)
  end
  if fence then batch.fence = max(batch.fence or 0, fence) end
  batch.closed = flags:find('x', 2, true) ~= nil
  if id ~= '' then remember(batch, id) end
  return batch.top
end

-- Log entries from `lo` on, at least one: those that are stored, or else those of this batch.
local function oldest(batch, count)
  if batch.lo > batch.oldHi then return { batch.logged[batch.lo - batch.oldHi] } end
  if count <= 1 then return { call('HGET', batch.key, batch.lo) } end
  local fields = {}
  for n = batch.lo, min(batch.oldHi, batch.lo + min(count, CHUNK) - 1) do fields[#fields + 1] = n end
  return call('HMGET', batch.key, unpack(fields))
end

-- Marks for removal what the log holds in excess.
local function trim(batch, policy)
  local excess = batch.hi - batch.lo + 1 - policy.messages
  while excess > 0 or (batch.bytes > policy.bytes and batch.hi > batch.lo) do
    for _, message in ipairs(oldest(batch, excess)) do
      local offset, bytes = header(batch.key, message)
      batch.deletions[#batch.deletions + 1] = digits(batch.lo)
      batch.lo, batch.trimmed, batch.bytes = batch.lo + 1, offset, batch.bytes - bytes
    end
    excess = batch.hi - batch.lo + 1 - policy.messages
  end
end

-- Marks for removal the idempotency keys whose time is over: more than came in, so that they get fewer, but not all at
-- once.
local function forget(batch)
  local function isDue(value)
    return value and tonumber(value:match('^%d+') or foreign(batch.key)) + WINDOW <= batch.now
  end
  if not isDue(call('HGET', batch.key, 'J' .. digits(batch.jl))) then return end
  local fields, due = {}, {}
  for n = batch.jl, min(batch.jh - batch.remembered, batch.jl + min(2 * batch.remembered + 8, CHUNK) - 1) do
    fields[#fields + 1] = 'J' .. digits(n)
  end
  for index, value in ipairs(call('HMGET', batch.key, unpack(fields))) do
    if not isDue(value) then break end
    batch.deletions[#batch.deletions + 1] = fields[index]
    batch.jl = batch.jl + 1
    due[#due + 1] = value
  end
  for _, value in ipairs(due) do
    local time, id = value:match('^(%d+) (.*)$')
    -- The same key may have come again since, and stands in the queue a second time.
    local seen = batch.seen[id] or call('HGET', batch.key, 'i:' .. id)
    if seen and seen:match(' (%d+)$') == time then batch.deletions[#batch.deletions + 1] = 'i:' .. id end
  end
end

-- Writes the batch and announces it. All that can be refused for what it would read comes before the first write, and a
-- server without memory refuses the first write: either all of this happens or nothing.
local function commit(batch, policy)
  write(batch, 't', digits(batch.top))
  if batch.hi > batch.oldHi or batch.isNew then
    trim(batch, policy)
    write(batch, 'b', digits(batch.bytes))
    write(batch, 'hi', digits(batch.hi))
    if batch.isNew or batch.deletions[1] then write(batch, 'lo', digits(batch.lo)) end
    if batch.deletions[1] then write(batch, 'r', digits(batch.trimmed)) end
  end
  if batch.isNew or batch.renewed then
    write(batch, 'e', batch.epoch)
    write(batch, 'g', batch.server)
    if batch.renewed then write(batch, 'a', batch.before) end
  end
  if batch.fence then write(batch, 'f', batch.fence) end
  if batch.closed then write(batch, 'c', 1) elseif batch.wasClosed then write(batch, 'c', 0) end
  if batch.keys and batch.keys > 0 then write(batch, 'kn', batch.keys) end
  if batch.remembered then
    forget(batch)
    write(batch, 'jl', batch.jl)
    write(batch, 'jh', batch.jh)
  end

  each('HSET', batch.key, batch.writes)
  each('HDEL', batch.key, batch.deletions)
  call('PEXPIRE', batch.key, batch.closed and policy.closed or policy.ttl)
  call(ANNOUNCE, batch.key, '+' .. batch.epoch .. '\n' .. table.concat(batch.messages))
end

-- ARGV: publications, WORDS words each, valid as the gateway has checked them. Answers the epoch, then for each its
-- offset, or in words why not.
local function append(key, argv, first, run)
  local policy = retention(key)
  local batch = begin(key, run)
  lookUp(batch, argv, first)
  local answers = { false }
  for at = first, #argv, WORDS do answers[#answers + 1] = take(batch, unpack(argv, at, at + WORDS - 1)) end
  if #batch.messages > 0 then commit(batch, policy) end
  answers[1] = batch.epoch or '0'
  return answers
end

------------------------------------------------------------------------------------------------------ reading a channel

-- The newest message of each key, in no order: { offset =, bytes =, message =, conflated = }.
local function retainedMessages(key)
  local count, names = tonumber(call('HGET', key, 'kn') or 0), {}
  if not count then foreign(key) end
  for n = 1, count do names[n] = 'K' .. n end
  if count == 0 then return names end
  names = fetch(key, names)
  for n, name in ipairs(names) do names[n] = 'k:' .. (name or foreign(key)) end
  local found = fetch(key, names)
  for n, message in ipairs(found) do
    local offset, bytes, flags = header(key, message)
    found[n] = { offset = offset, bytes = bytes, message = message, conflated = flags:find('c', 2, true) ~= nil }
  end
  return found
end

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

-- Answers epoch, top, trimmed, closed, fence or nothing, then the retained messages; null if there is no channel.
local function inspect(key)
  local channel = open(key)
  if not channel then return false end
  local answer = {
    channel.epoch, channel.top, channel.trimmed, channel.closed and 1 or 0, channel.fence or '',
  }
  for _, kept in ipairs(retainedMessages(key)) do answer[#answer + 1] = kept.message end
  return answer
end

-- Answers 1, or 0 if there was nothing to delete.
local function delete(key)
  local channel = open(key)
  if not channel then return 0 end
  call('UNLINK', key)
  call(ANNOUNCE, key, '-' .. channel.epoch .. '\n')
  return 1
end

------------------------------------------------------------------------------------------------------- native producers

local CHANNEL_RULE = '1 to 200 bytes of letters, digits and _ - = @ , . ; : / ~ +'
local KEY_RULE = '1 to 64 bytes of letters, digits and _ - . :'

local function isChannel(text) return #text <= 200 and text:find('^[A-Za-z0-9_%-=@,.;:/~+]+$') ~= nil end
local function isKey(text) return #text <= 64 and text:find('^[A-Za-z0-9_%-.:]+$') ~= nil end
local function isEvent(text) return isKey(text) and text:sub(1, 7) ~= 'stream-' end
local function isID(text) return #text <= 255 and text:find('^[!-~]+$') ~= nil end
local function isOffset(text) return text:find('^%d+$') ~= nil and #text <= 16 and tonumber(text) <= LARGEST end
local function isFormat(text) return text:lower() == 'text' or text:lower() == 'json' end

-- What may follow the data: how many words each takes, and the rule for its value.
local OPTIONS = {
  EVENT = { isEvent, KEY_RULE .. ', not beginning with "stream-"' },
  RETAIN = { isKey, KEY_RULE },
  EXPECT = { isOffset, 'a whole number from 0 to 9007199254740991' },
  FENCE = { isOffset, 'a whole number from 0 to 9007199254740991' },
  ID = { isID, '1 to 255 visible ASCII characters' },
  FORMAT = { isFormat, '"text" or "json"' },
  CONFLATE = {}, CLOSE = {},
}
local OPTION_NAMES = 'EVENT e, RETAIN k, CONFLATE, EXPECT n, FENCE n, CLOSE, ID key, FORMAT text|json'

local function options(argv, first)
  local chosen, at = {}, first
  while at <= #argv do
    local name = argv[at]:upper()
    local option = OPTIONS[name]
    if not option then fail('BADARGUMENT ' .. shown(argv[at]) .. ' is no option: there are ' .. OPTION_NAMES) end
    if chosen[name] then fail('BADARGUMENT ' .. name .. ' is given twice') end
    local isValid, rule = option[1], option[2]
    local value = isValid and argv[at + 1] or 'yes'
    if isValid and (not argv[at + 1] or not isValid(value)) then
      local found = argv[at + 1] and shown(value) .. ' is not valid' or 'a value is missing'
      fail('BADARGUMENT ' .. name .. ': ' .. found .. '; it may be ' .. rule)
    end
    chosen[name], at = value, at + (isValid and 2 or 1)
  end
  return chosen
end

-- Well-formed characters give way to a plain byte, the longest first. None can begin inside another, so what is left
-- above ASCII belongs to none (RFC 3629).
local CHARACTERS = {
  '\240[\144-\191][\128-\191][\128-\191]', '[\241-\243][\128-\191][\128-\191][\128-\191]',
  '\244[\128-\143][\128-\191][\128-\191]', '\224[\160-\191][\128-\191]', '[\225-\236\238\239][\128-\191][\128-\191]',
  '\237[\128-\159][\128-\191]', '[\194-\223][\128-\191]',
}
local function isUTF8(text)
  for _, character in ipairs(CHARACTERS) do
    if not text:find('[\128-\255]') then return true end
    text = text:gsub(character, '?')
  end
  return not text:find('[\128-\255]')
end

local function asNumber(text)
  local int, fraction, exponent = text:match('^%-?(%d+)(%.?%d*)(.*)$')
  local isNumber = int and (int == '0' or int:byte() ~= 48) and fraction ~= '.'
    and (exponent == '' or exponent:find('^[eE][+-]?%d+$'))
  return isNumber and 'true' or nil
end

local function depth(text)
  local level, deepest = 0, 0
  for bracket in text:gmatch('[%[%]{}]') do
    level = level + ((bracket == '[' or bracket == '{') and 1 or -1)
    deepest = max(deepest, level)
  end
  return deepest
end

-- cjson alone takes what is no JSON (NaN, hexadecimal numbers, leading zeros), refuses what is (an escape of half a
-- surrogate pair), and goes deeper than the gateway's 512. So strings, numbers and literals are judged here and give
-- way to the plainest of their kind, and cjson judges only what stands between them.
local ESCAPES = {
  ['\\"'] = '?', ['\\\\'] = '?', ['\\/'] = '?', ['\\b'] = '?', ['\\f'] = '?', ['\\n'] = '?', ['\\r'] = '?',
  ['\\t'] = '?',
}
local STRING = '\255' -- no byte of UTF-8
local function isJSON(text)
  text = text:gsub('\\.', ESCAPES):gsub('\\u%x%x%x%x', '?'):gsub('"[^"\\%z\1-\31]*"', STRING)
  text = text:gsub('[%d%-][%d+%-.eE]*', asNumber):gsub('null', 'true'):gsub('false', 'true')
  if text:find('[^%[%]{},:\255true \t\n\r]') or depth(text) > 512 then return false end
  return (pcall(cjson.decode, (text:gsub(STRING, '""'))))
end

local REFUSALS = {
  conflict = 'CONFLICT the retained message of this key has offset %s (0: there is none)',
  fenced = 'FENCED a fence of at least %s is needed: a later producer has written here',
  closed = 'CLOSED the channel is closed, its last message has offset %s; only a higher FENCE opens it again',
  toolarge = 'TOOLARGE the data has %s bytes; at most %s are allowed',
  expectwithoutkey = 'BADARGUMENT EXPECT compares with the retained message of a key: it needs RETAIN',
}

-- A producer may lack a right that only the last step needs, and a refusal in the middle would leave the message logged
-- but not announced. (The gateway tries its rights when it connects; Redis 6.2 can't be asked.)
local function permit(key)
  if not redis.acl_check_cmd then return end
  for _, command in ipairs({ { 'HDEL', key, 'e' }, { 'PEXPIRE', key, 1 }, { ANNOUNCE, key, '' } }) do
    if not redis.acl_check_cmd(unpack(command)) then
      fail('NOPERM publishing needs the right to ' .. command[1] .. ' on ' .. key)
    end
  end
end

-- KEYS[1]: the channel's name, or its key, which ACL key patterns need. ARGV: the data, then options. Answers
-- EPOCH:OFFSET. Validates everything: what it takes is what the gateway takes.
local function publish(key, argv, first, run)
  local name = key and (channelName(key) or key) or ''
  if not isChannel(name) then fail('BADARGUMENT KEYS[1] must be a channel: ' .. CHANNEL_RULE) end
  local data = argv[first] or fail('BADARGUMENT the data is missing: FCALL ' .. NAME .. '_publish 1 CHANNEL DATA …')
  local chosen = options(argv, first + 1)
  local json = (chosen.FORMAT or ''):lower() == 'json'
  -- What is too large is refused for its size, in the order of the checks, and is not worth reading.
  if #data <= MESSAGE_BYTES then
    if not isUTF8(data) then fail('BADARGUMENT the data is not valid UTF-8') end
    if json and not isJSON(data) then
      fail('BADARGUMENT the data is not one valid JSON value, at most 512 arrays and objects deep')
    end
  end
  if chosen.CONFLATE and not chosen.RETAIN then
    fail('BADARGUMENT CONFLATE keeps the newest of a key: it needs RETAIN')
  end
  local flags = (json and 'j' or 't') .. (chosen.CONFLATE and 'c' or '') .. (chosen.CLOSE and 'x' or '')
  local real = OPENING .. name .. '}'
  permit(real)
  local answer = append(real, {
    flags, chosen.EVENT or 'message', chosen.RETAIN or '', chosen.EXPECT or '', chosen.FENCE or '', chosen.ID or '',
    data,
  }, 1, run)
  if type(answer[2]) == 'number' then return answer[1] .. ':' .. digits(answer[2]) end
  local kind, one, two = answer[2]:match('^(%a+) ?(%d*) ?(%d*)$')
  if kind == 'duplicate' then return answer[1] .. ':' .. one end
  fail(REFUSALS[kind]:format(one, two))
end

------------------------------------------------------------------------------------------------------------- the way in

local function version() return DIGEST end

-- Gives errors to the caller as they were meant: `fail`'s and Redis's begin with a code. Servers differ in whether they
-- wrap them in a table, and in whether they put the script's line in front.
local function guarded(body, key, argv, first, run)
  if not call then
    call, format, max, min, floor = redis.call, string.format, math.max, math.min, math.floor
    -- The quicker of two that write a whole number exactly, where a long is long enough for it.
    whole = format('%d', 2 ^ 52) == '4503599627370496' and '%d' or '%.0f'
  end
  local ok, answer = pcall(body, key, argv, first, run)
  if ok then return answer end
  local message = type(answer) == 'table' and answer.err or answer
  message = message:match('^%-?(%u+ .*)') or message:match(': %-?(%u%u+ .*)') or 'ERR ' .. message
  if message:find('^WRONGTYPE') then
    local real = channelName(key) and key or OPENING .. key .. '}'
    message = 'NOTACHANNEL the key ' .. real .. ' is no channel: it has another type'
  end
  return { err = message }
end

if redis.register_function then
  local function register(name, body, flag)
    redis.register_function({
      function_name = NAME .. '_' .. name, flags = { flag },
      callback = function(keys, argv) return guarded(body, keys[1], argv, 1) end,
    })
  end
  register('publish', publish)
  register('append', append)
  register('delete', delete, 'allow-oom')
  register('recover', recover, 'no-writes')
  register('inspect', inspect, 'no-writes')
  register('version', version, 'no-writes')
else
  -- A script: ARGV[1] names the function, ARGV[2] is the id of the server process (may be empty). What it does depends
  -- on the clock, so its effects are replicated and not the script.
  redis.replicate_commands()
  local functions = {
    publish = publish, append = append, delete = delete, recover = recover, inspect = inspect, version = version,
  }
  return guarded(functions[ARGV[1]], KEYS[1], ARGV, 3, ARGV[2])
end
