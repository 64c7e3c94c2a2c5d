#!lua
-- add_metrics: add what one process counted of a definition to its totals, and to its windows of one hour.
--
-- mirror   lhredis/store/commands/add_metrics.py
-- slot     both keys carry the tenant's {meta:<tenant>} tag
-- cost     O(totals + windows)
-- returns  added             all of it; a key that got something expires in keep_ms

local totals  = KEYS[1]              -- hash  field to total
local windows = KEYS[2]              -- hash  <minute>.<metric> to '<count> <total> <min> <max>'

local keep_ms  = ARGV[1]             -- int   how long what is never added to again is kept
local n_totals = tonumber(ARGV[2])   -- int   how many totals follow
-- ARGV[3…] more: of each total the field and what to add; then of each window the field, and the count,
--                total, min and max of what is to be merged into it

for at = 3, 2 + 2 * n_totals, 2 do
  redis.call('HINCRBY', totals, ARGV[at], ARGV[at + 1])
end
if n_totals > 0 then redis.call('PEXPIRE', totals, keep_ms) end

local first = 3 + 2 * n_totals
for at = first, #ARGV, 5 do
  local count, total = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local low, high = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local kept = redis.call('HGET', windows, ARGV[at])
  if kept then
    local kept_count, kept_total, kept_low, kept_high = string.match(kept, '(%d+) (%d+) (%d+) (%d+)')
    count, total = count + tonumber(kept_count), total + tonumber(kept_total)
    low, high = math.min(low, tonumber(kept_low)), math.max(high, tonumber(kept_high))
  end
  redis.call('HSET', windows, ARGV[at], string.format('%.0f %.0f %.0f %.0f', count, total, low, high))
end
if first <= #ARGV then redis.call('PEXPIRE', windows, keep_ms) end
return {'added'}
