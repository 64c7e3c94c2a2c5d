#!lua
-- release_partition: give a partition up, so that another scheduler can take it at once.
--
-- mirror   lhredis/store/commands/release_partition.py
-- slot     every key carries the partition's {p<N>} tag
-- cost     O(1)
-- returns  released           it was ours, and is free now
--          not-ours           another holds it, or nobody does; nothing written

local owner        = KEYS[1]   -- string  scheduler that works the partition, expiring

local scheduler_id = ARGV[1]   -- str     who gives it up

if redis.call('GET', owner) ~= scheduler_id then return {'not-ours'} end
redis.call('DEL', owner)
return {'released'}
