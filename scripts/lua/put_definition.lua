#!lua
-- put_definition: register a definition if its name is free.
--
-- mirror   lhredis/store/commands/put_definition.py
-- slot     every key carries the tenant's {meta:<tenant>} tag
-- cost     O(1)
-- returns  created            written, and the tenant's metadata epoch is another one
--          exists <json>      the name is taken by this definition; nothing written

local definitions = KEYS[1]   -- hash    name to JSON, of one kind
local epoch       = KEYS[2]   -- string  another number after each change of the tenant's definitions

local name        = ARGV[1]   -- str     the definition's name
local json        = ARGV[2]   -- json    the definition
local new_epoch   = ARGV[3]   -- int     a number that no epoch ever was

if redis.call('HSETNX', definitions, name, json) == 0 then
  return {'exists', redis.call('HGET', definitions, name)}
end
redis.call('SET', epoch, new_epoch)
return {'created'}
