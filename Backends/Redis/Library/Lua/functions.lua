-- The way in.

local function version() return DIGEST end

-- Gives errors to the caller as they were meant: `fail`'s and Redis's begin with a code. Servers differ in whether they
-- wrap them in a table, and in whether they put the script's line in front.
local function guarded(body, keys, argv, first)
  if not call then
    call, format, max, min, floor = redis.call, string.format, math.max, math.min, math.floor
    -- The quicker of two that write a whole number exactly, where a long is long enough for it.
    whole = format('%d', 2 ^ 52) == '4503599627370496' and '%d' or '%.0f'
  end
  local ok, answer = pcall(body, keys[1], argv, first, keys)
  if ok then return answer end
  local message = type(answer) == 'table' and answer.err or answer
  message = message:match('^%-?(%u+ .*)') or message:match(': %-?(%u%u+ .*)') or 'ERR ' .. message
  if message:find('^WRONGTYPE') then
    if keys[1] == REGISTRY then return { err = 'NOTASKS the key ' .. REGISTRY .. ' has another type' } end
    local real = channelName(keys[1]) and keys[1] or OPENING .. keys[1] .. '}'
    message = 'NOTACHANNEL the key ' .. real .. ' is no channel: it has another type'
  end
  return { err = message }
end

if redis.register_function then
  local function register(name, body, flag)
    redis.register_function({
      function_name = NAME .. '_' .. name, flags = { flag },
      callback = function(keys, argv) return guarded(body, keys, argv, 1) end,
    })
  end
  register('publish', publish)
  register('append', append)
  register('delete', delete, 'allow-oom')
  register('recover', recover, 'no-writes')
  register('inspect', inspect, 'no-writes')
  register('version', version, 'no-writes')
  register('record_tasks', recordTasks)
  register('remove_tasks', removeTasks, 'allow-oom')
  register('claim_tasks', claimTasks, 'allow-oom')
  register('list_tasks', listTasks, 'no-writes')
else
  -- A script: ARGV[1] names the function. What it does depends on the clock, so its effects are replicated and not the
  -- script.
  redis.replicate_commands()
  local functions = {
    publish = publish, append = append, delete = delete, recover = recover, inspect = inspect, version = version,
    record_tasks = recordTasks, remove_tasks = removeTasks, claim_tasks = claimTasks, list_tasks = listTasks,
  }
  return guarded(functions[ARGV[1]], KEYS, ARGV, 2)
end
