-- A channel is one hash, and each function here is one atomic step on it: it can't be half expired, half evicted or
-- half on another node of a cluster. Its fields:
--
--   e  epoch             t  top, the newest offset     r  trimmed: the highest offset that was removed from the log
--   c  1 when closed     f  the highest fence          b  bytes of data in the log
--   lo hi  the numbers of the log's first and last entry; entry n is the field n. Numbers have no holes, offsets may
--   g  the generation that wrote last                  a  the epochs before this one, see `renew`
--   cp the top to which a copy from another broker brought the channel, see restore.lua
--   k:KEY  the newest message of a retain key          kn, K1 … Kkn  how many keys, and their names
--   i:ID   "OFFSET TIME" of an idempotency key         jl jh, Jjl … Jjh  "TIME ID", in the order to forget them
--
-- A message is "OFFSET TIME FLAGS EVENT KEY BYTES", a line feed, and the data; the flags are t(ext) or j(son),
-- c(onflated), x (it closes the channel). An announcement is "+EPOCH", a line feed, and messages; or "-EPOCH" and a
-- line feed: the channel is deleted.

local PREFIX, NAME, DIGEST = {{prefix}}, {{name}}, {{digest}}
local OPENING = PREFIX .. '{' -- a channel's key is PREFIX{CHANNEL}
local REGISTRY = OPENING .. 'tasks}:registry' -- see tasks.lua
local ANNOUNCE = {{announce}}
local MESSAGE_BYTES = {{message_bytes}}
local WINDOW = {{window}} -- how long an idempotency key is remembered, ms
local RETENTION = {{retention}} -- ttl and closed (the ttl after close) in ms
local NAMESPACES = {{namespaces}}

local GENERATION_AGE = 20 -- how long a library relies on having asked for the generation, ms
local CHUNK = 1000 -- values on Lua's stack at once, at most
local LARGEST = 9007199254740991 -- 2^53 - 1: what a double holds exactly
local PREDECESSORS = 8 -- epochs that a channel remembers of itself, at most
local WORDS = 7 -- of each publication: flags, event, retain key, expect, fence, idempotency key, data

-- Filled in by the first call: while a library is loaded there is nothing yet of Lua's own.
local call, format, max, min, floor, whole
