#!lua
-- put_task_def: register a TaskDef if its name is free.
--
-- mirror   lhredis/store/commands/put_task_def.py
-- slot     every key carries the tenant's {meta:<tenant>} tag
-- cost     O(1)
-- returns  created            written, and the tenant's metadata epoch has grown
--          exists <json>      the name is taken by this TaskDef; nothing written

local task_defs = KEYS[1]   -- hash    name to JSON
local epoch     = KEYS[2]   -- string  counts changes of the tenant's definitions

local name      = ARGV[1]   -- str     the TaskDef's name
local json      = ARGV[2]   -- json    the TaskDef

if redis.call('HSETNX', task_defs, name, json) == 0 then
  return {'exists', redis.call('HGET', task_defs, name)}
end
redis.call('INCR', epoch)
return {'created'}
