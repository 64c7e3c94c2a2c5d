#!lua
-- outdate_run: read a run, and give it a new version: whoever steps it as it was has to load it again.
--
-- mirror   lhredis/store/commands/outdate_run.py
-- slot     one key
-- cost     O(fields)
-- returns  {field, value}…   the run with its new version; nothing when there is none

local run = KEYS[1]   -- hash    the WfRun

if redis.call('HEXISTS', run, 'version') == 1 then redis.call('HINCRBY', run, 'version', 1) end
return redis.call('HGETALL', run)
