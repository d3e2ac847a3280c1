-- A channel, and what is stored under its key.

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
    trimmed = tonumber(f[6] or 0), closed = f[7] == '1', fence = tonumber(f[8]), writer = f[9], before = f[10] or '',
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
