#!lua
-- commit_steps: write what steps decided, each unit only if its runs are still as they were read.
--
-- mirror   lhredis/store/commands/commit_steps.py
-- slot     every key carries the partition's {p<N>} tag
-- cost     O(runs + writes)
-- returns  committed                 every unit was written, and the consumed entries are deleted
--          stale <number>…           these units (from 1) met another version: nothing of them was
--                                    written; the others were; no consumed entry was deleted
--
-- A unit is:  n_checks {key, version}…  n_writes {command, key, n_args, args…}…
-- `key` is an index into KEYS; version '0' means that the run does not exist. A write is a plain
-- Redis command, but for two words that stand for a pair of them on a task stream:
-- ENQUEUE {key, 3, run key, field, payload}   XADD, and the entry's id into the field of the run's hash
-- FINISH  {key, 2, group, id}                 XACK and XDEL
-- KEYS[2…] touched: what the units touch.
-- ARGV[3…] rest: ids of consumed entries, then the units.

local results    = KEYS[1]             -- stream  whose entries were consumed

local n_consumed = tonumber(ARGV[1])   -- int     how many ids follow
local n_units    = tonumber(ARGV[2])   -- int     how many units follow the ids

local call, at = redis.call, 3 + n_consumed
local stale = {}

local function holds(key, version)
  return (call('HGET', KEYS[key], 'version') or '0') == version
end

for unit = 1, n_units do
  local n_checks, ok = tonumber(ARGV[at]), true
  at = at + 1
  for _ = 1, n_checks do
    ok = ok and holds(tonumber(ARGV[at]), ARGV[at + 1])
    at = at + 2
  end
  if not ok then stale[#stale + 1] = unit end
  local n_writes = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, n_writes do
    local command, key, n_args = ARGV[at], KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 2])
    at = at + 3
    if ok then
      if command == 'ENQUEUE' then
        local id = call('XADD', key, '*', 'task', ARGV[at + 2])
        call('HSET', KEYS[tonumber(ARGV[at])], ARGV[at + 1], id)
      elseif command == 'FINISH' then
        call('XACK', key, ARGV[at], ARGV[at + 1])
        call('XDEL', key, ARGV[at + 1])
      else
        call(command, key, unpack(ARGV, at, at + n_args - 1))
      end
    end
    at = at + n_args
  end
end

if #stale > 0 then return {'stale', unpack(stale)} end
for first = 3, 2 + n_consumed, 1000 do
  call('XDEL', results, unpack(ARGV, first, math.min(first + 999, 2 + n_consumed)))
end
return {'committed'}
