-- A generation is one history of a server's data. Acknowledged writes can be lost only between two of them.

-- The id of the server's replication history: a start of the process and a promotion give it another one, and so may
-- the first replica that comes, which loses nothing. INFO takes as long as a small batch, so a library asks only now
-- and then. An older answer would be wrong after the server has followed another one and leads again; but what loses
-- writes there is a full resynchronization, which takes longer, and loads the library anew, without its variables. A
-- script has no variables from one call to the next, and asks each time.
local known, knownSince
local function generation(now)
  if not known or now < knownSince or now >= knownSince + GENERATION_AGE then
    known, knownSince = call('INFO', 'replication'):match('master_replid:(%x+)'):sub(1, 16), now
  end
  return known
end

-- Redis seeds Lua's own chance with a constant. The count tells two births in one microsecond apart.
local births = 0
local function newEpoch(batch)
  births = births + 1
  local chance = { batch.key, batch.clock[1], batch.clock[2], batch.generation, births, tostring({}) }
  return redis.sha1hex(table.concat(chance, ' ')):sub(1, 12)
end

-- Another generation wrote here before: offsets above `top` may have been given to messages that are lost. The channel
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
