#!lua
-- release_task: give a claimed task back to its queue, where any worker can take it at once.
--
-- mirror   lhredis/store/commands/release_task.py
-- slot     every key carries the partition's {p<N>} tag
-- cost     O(log claims)
-- returns  released <entry>   it waits in this new entry, and its run tells so, in a new version
--          dropped            its run does not count on this entry: acknowledged and deleted
--          gone               the consumer does not hold it: nothing written

local run         = KEYS[1]   -- hash    the WfRun
local tasks       = KEYS[2]   -- stream  the attempt's entry is in

local group       = ARGV[1]   -- str     the workers' consumer group
local consumer    = ARGV[2]   -- str     who gives it back
local entry       = ARGV[3]   -- str     id of the attempt's entry
local claim_field = ARGV[4]   -- str     of the run: tells which entry it counts on

local call = redis.call
local claim = call('XPENDING', tasks, group, entry, entry, 1)[1]
if not claim or claim[2] ~= consumer then return {'gone'} end
local found = call('XRANGE', tasks, entry, entry)[1]
local counts = found and call('HGET', run, claim_field) == entry
call('XACK', tasks, group, entry)
call('XDEL', tasks, entry)
if not counts then return {'dropped'} end
local again = call('XADD', tasks, '*', unpack(found[2]))
call('HSET', run, claim_field, again)
call('HINCRBY', run, 'version', 1)
return {'released', again}
