#!lua
-- save_portion: note how far a bulk job is in a partition, if nobody has done so meanwhile.
--
-- mirror   lhredis/store/commands/save_portion.py
-- slot     every key carries the partition's {p<N>} tag
-- cost     O(1)
-- returns  saved             written
--          stale             it is not as it was seen, or is gone; nothing written

local portions = KEYS[1]   -- hash  <tenant>/<job> to JSON

local job      = ARGV[1]   -- str   <tenant>/<job>
local seen     = ARGV[2]   -- json  the portion as it was read
local json     = ARGV[3]   -- json  the portion as it is to be

if redis.call('HGET', portions, job) ~= seen then return {'stale'} end
redis.call('HSET', portions, job, json)
return {'saved'}
