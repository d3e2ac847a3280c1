-- Puts a channel that `telltale copy` has written in its place. A script by itself, which needs no library; what is stored
-- is told in settings.lua.
--
-- KEYS: where it was written; the channel's key. ARGV: the epoch and the top that the channel has now, both empty if there
-- is none; 1 if something was written; the channel's life, ms; how to announce, and what, or nothing; then fields and
-- values that belong to the whole.
-- Answers 1, or 0 if the channel is not where it should be; then nothing has changed.

local written, key = KEYS[1], KEYS[2]
local call = redis.call
if redis.replicate_commands then redis.replicate_commands() end -- Redis 6.2: what it does is replicated, and not the script

local present = call('HMGET', key, 'e', 't')
if not present[1] and call('EXISTS', key) == 1 then
  return redis.error_reply('NOTACHANNEL the key ' .. key .. ' is no channel: something else has written there')
end
if (present[1] or '') ~= ARGV[1] or (present[2] or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '1' and call('EXISTS', written) == 0 then
  return redis.error_reply('GONE what was copied to ' .. written .. ' has been evicted or has expired')
end

-- The generation, as generation.lua has it: so the next publication goes on in the same epoch.
call('HSET', written, 'g', call('INFO', 'replication'):match('master_replid:(%x+)'):sub(1, 16))
call('HSET', written, unpack(ARGV, 7))
call('UNLINK', key)
call('RENAME', written, key)
call('PEXPIRE', key, ARGV[4])
if ARGV[6] ~= '' then call(ARGV[5], key, ARGV[6]) end
return 1
