#!lua
-- put_definition: register a definition if its name is free.
--
-- mirror   lhredis/store/commands/put_definition.py
-- slot     every key carries the tenant's {meta:<tenant>} tag
-- cost     O(1)
-- returns  created            written, and the tenant's metadata epoch has grown
--          exists <json>      the name is taken by this definition; nothing written

local definitions = KEYS[1]   -- hash    name to JSON, of one kind
local epoch       = KEYS[2]   -- string  counts changes of the tenant's definitions

local name        = ARGV[1]   -- str     the definition's name
local json        = ARGV[2]   -- json    the definition

if redis.call('HSETNX', definitions, name, json) == 0 then
  return {'exists', redis.call('HGET', definitions, name)}
end
redis.call('INCR', epoch)
return {'created'}
