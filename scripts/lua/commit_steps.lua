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
-- Redis command, but for three words (the first two of fixed length):
-- ENQUEUE key field payload   XADD to a task stream; the next KEEP puts the entry's id into this field
-- FINISH  key id              XACK and XDEL
-- KEEP    {key, n_args, …}    HSET, of the fields given and those of the entries enqueued
-- KEYS[2…] touched: what the units touch.
-- ARGV[4…] rest: ids of consumed entries, then the units.

local results    = KEYS[1]             -- stream  whose entries were consumed

local n_consumed = tonumber(ARGV[1])   -- int     how many ids follow
local n_units    = tonumber(ARGV[2])   -- int     how many units follow the ids
local group      = ARGV[3]             -- string  the consumer group of the task streams

local call, at = redis.call, 4 + n_consumed
local stale = {}
local entries = {}                     -- field, id of what was enqueued and not written down yet

local function holds(key, version)
  return (call('HGET', KEYS[key], 'version') or '0') == version
end

local function keep(number, first, last)
  local key = KEYS[number]
  if #entries == 0 then
    call('HSET', key, unpack(ARGV, first, last))
  elseif #entries == 2 then
    call('HSET', key, entries[1], entries[2], unpack(ARGV, first, last))
    entries = {}
  else
    call('HSET', key, unpack(ARGV, first, last))
    call('HSET', key, unpack(entries))
    entries = {}
  end
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
    local command, number = ARGV[at], tonumber(ARGV[at + 1])
    local key = KEYS[number]
    if command == 'ENQUEUE' then
      if ok then
        entries[#entries + 1] = ARGV[at + 2]
        entries[#entries + 1] = call('XADD', key, '*', 'task', ARGV[at + 3])
      end
      at = at + 4
    elseif command == 'FINISH' then
      if ok then
        call('XACK', key, group, ARGV[at + 2])
        call('XDEL', key, ARGV[at + 2])
      end
      at = at + 3
    else
      local first = at + 3
      at = first + tonumber(ARGV[at + 2])
      if ok then
        if command == 'KEEP' then keep(number, first, at - 1)
        else call(command, key, unpack(ARGV, first, at - 1)) end
      end
    end
  end
end

if #stale > 0 then return {'stale', unpack(stale)} end
for first = 4, 3 + n_consumed, 1000 do
  call('XDEL', results, unpack(ARGV, first, math.min(first + 999, 3 + n_consumed)))
end
return {'committed'}
