-- What a channel is, and its end.

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
