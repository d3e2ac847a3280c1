-- A native producer publishes.

local REFUSALS = {
  conflict = 'CONFLICT the retained message of this key has offset %s (0: there is none)',
  fenced = 'FENCED a fence of at least %s is needed: a later producer has written here',
  closed = 'CLOSED the channel is closed, its last message has offset %s; only a higher FENCE opens it again',
  toolarge = 'TOOLARGE the data has %s bytes; at most %s are allowed',
  expectwithoutkey = 'BADARGUMENT EXPECT compares with the retained message of a key: it needs RETAIN',
}

local USAGE = 'FCALL ' .. NAME .. '_publish 1 CHANNEL DATA …'

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
local function publish(key, argv, first, keys)
  if #keys > 1 then fail('BADARGUMENT one call publishes to one channel: ' .. USAGE) end
  local name = key and (channelName(key) or key) or ''
  if not isChannel(name) then fail('BADARGUMENT KEYS[1] must be a channel: ' .. CHANNEL_RULE) end
  local data = argv[first] or fail('BADARGUMENT the data is missing: ' .. USAGE)
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
  }, 1)
  if type(answer[2]) == 'number' then return answer[1] .. ':' .. digits(answer[2]) end
  local kind, one, two = answer[2]:match('^(%a+) ?(%d*) ?(%d*)$')
  if kind == 'duplicate' then return answer[1] .. ':' .. one end
  fail(REFUSALS[kind]:format(one, two))
end
