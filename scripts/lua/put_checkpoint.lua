#!lua
-- put_checkpoint: keep a value that an attempt computed, if its worker still holds it.
--
-- mirror   lhredis/store/commands/put_checkpoint.py
-- slot     every key carries the partition's {p<N>} tag
-- cost     O(log claims)
-- returns  put               written; the attempt's timeout starts anew
--          exists <json>     the number holds this already, and keeps it; the timeout starts anew
--          stop              the run is gone, or the entry is not this worker's any more; nothing written

local run         = KEYS[1]   -- hash    the WfRun
local checkpoints = KEYS[2]   -- hash    <thread>:<position>:<number> to JSON
local tasks       = KEYS[3]   -- stream  the attempt's entry is in

local group       = ARGV[1]   -- str     the workers' consumer group
local worker_id   = ARGV[2]   -- str     who asks
local entry       = ARGV[3]   -- str     id of the attempt's entry
local field       = ARGV[4]   -- str     <thread>:<position>:<number>
local json        = ARGV[5]   -- json    the checkpoint

if redis.call('EXISTS', run) == 0 then return {'stop'} end
local claim = redis.call('XPENDING', tasks, group, entry, entry, 1)[1]
if not claim or claim[2] ~= worker_id then return {'stop'} end
redis.call('XCLAIM', tasks, group, worker_id, 0, entry, 'JUSTID')
if redis.call('HSETNX', checkpoints, field, json) == 0 then
  return {'exists', redis.call('HGET', checkpoints, field)}
end
return {'put'}
