-- The gateway publishes.

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
    write(batch, 'g', batch.generation)
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
local function append(key, argv, first)
  local policy = retention(key)
  local batch = begin(key)
  lookUp(batch, argv, first)
  local answers = { false }
  for at = first, #argv, WORDS do answers[#answers + 1] = take(batch, unpack(argv, at, at + WORDS - 1)) end
  if #batch.messages > 0 then commit(batch, policy) end
  answers[1] = batch.epoch or '0'
  return answers
end
