-- A batch is a channel with what is to be changed in it: it is read at once, changed in memory, and written at once.
local function begin(key)
  local channel = open(key)
  local batch = channel or { top = 0, bytes = 0, lo = 1, hi = 0, trimmed = 0, closed = false, before = '' }
  batch.key, batch.clock, batch.isNew = key, call('TIME'), not channel
  batch.now = batch.clock[1] * 1000 + floor(batch.clock[2] / 1000)
  batch.stamp = ' ' .. digits(batch.now) .. ' '
  batch.generation = generation(batch.now)
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
  elseif batch.writer ~= batch.generation and not batch.renewed then renew(batch) end
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
