#!lua
-- put_version: register a version of a definition, if the newest one is still the one it was made from.
--
-- mirror   lhredis/store/commands/put_version.py
-- slot     every key carries the tenant's {meta:<tenant>} tag
-- cost     O(1)
-- returns  created            written as the newest version; the tenant's metadata epoch is another one
--          stale <newest>     the newest version is another one ('' for none); nothing written

local newest_of = KEYS[1]   -- hash    name to newest version, of one kind of definitions
local versions  = KEYS[2]   -- hash    version to JSON
local epoch     = KEYS[3]   -- string  another number after each change of the tenant's definitions

local name      = ARGV[1]   -- str     the definition's name
local seen      = ARGV[2]   -- str     the newest version when this one was made, '' for none
local version   = ARGV[3]   -- str     this one: <major>.<revision>, or one number
local json      = ARGV[4]   -- json    the definition
local new_epoch = ARGV[5]   -- int     a number that no epoch ever was

local newest = redis.call('HGET', newest_of, name) or ''
if newest ~= seen then return {'stale', newest} end
redis.call('HSET', versions, version, json)
redis.call('HSET', newest_of, name, version)
redis.call('SET', epoch, new_epoch)
return {'created'}
