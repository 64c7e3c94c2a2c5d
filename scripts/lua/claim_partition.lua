#!lua
-- claim_partition: take, or renew, the right to work a partition.
--
-- mirror   lhredis/store/commands/claim_partition.py
-- slot     every key carries the partition's {p<N>} tag
-- cost     O(1)
-- returns  held               ours until lease_ms from now
--          taken <owner>      another scheduler holds it; nothing written

local owner        = KEYS[1]   -- string  scheduler that works the partition, expiring

local scheduler_id = ARGV[1]   -- str     who asks
local lease_ms     = ARGV[2]   -- int     how long the claim lasts

local holder = redis.call('GET', owner)
if holder and holder ~= scheduler_id then return {'taken', holder} end
redis.call('SET', owner, scheduler_id, 'PX', lease_ms)
return {'held'}
