#!lua
-- drop_consumer: take a consumer that holds nothing off the group of a task stream.
--
-- mirror   lhredis/store/commands/drop_consumer.py
-- slot     one key
-- cost     O(1)
-- returns  dropped   the group does not know it any more
--          holds     it has claims, which would go with it: nothing written

local tasks    = KEYS[1]   -- stream  one partition's queue of a task

local group    = ARGV[1]   -- str     the workers' consumer group
local consumer = ARGV[2]   -- str     who leaves

if #redis.call('XPENDING', tasks, group, '-', '+', 1, consumer) > 0 then return {'holds'} end
redis.call('XGROUP', 'DELCONSUMER', tasks, group, consumer)
return {'dropped'}
