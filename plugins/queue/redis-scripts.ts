/**
 * What BullMQ does not know: jobs that were cancelled, and looking at one job in one step. They keep to BullMQ's keys:
 * lists `wait` and `active`, sorted sets `prioritized`, `delayed`, `completed` and `failed`, a hash for each job and its
 * lock beside it. Our own are the sorted set `cancelled`, by time, and the field `cancelling` of a job at work.
 * KEYS[1] is always the beginning of the lane's keys.
 */
const LIBRARY = `
local base = KEYS[1]
local function has(id) return redis.call('EXISTS', base .. id) == 1 end
local function isOver(id)
  for _, set in ipairs({'completed', 'failed', 'cancelled'}) do
    if redis.call('ZSCORE', base .. set, id) then return set end
  end
  return false
end
local function unqueue(id)
  return redis.call('ZREM', base .. 'prioritized', id) + redis.call('ZREM', base .. 'delayed', id)
    + redis.call('LREM', base .. 'wait', 1, id)
end
local function bury(id, now)
  redis.call('ZADD', base .. 'cancelled', now, id)
  redis.call('HSET', base .. id, 'finishedOn', now)
end
local function release(id)
  redis.call('DEL', base .. id .. ':lock')
  redis.call('SREM', base .. 'stalled', id)
  return redis.call('LREM', base .. 'active', 1, id)
end
`;

/** ARGV: id, now. `cancelled`, or `active` where a worker is still to hear of it, or nil. */
const cancel = `
if not has(ARGV[1]) or isOver(ARGV[1]) then return nil end
if unqueue(ARGV[1]) == 0 then
  if redis.call('EXISTS', base .. ARGV[1] .. ':lock') == 1 then
    redis.call('HSET', base .. ARGV[1], 'cancelling', 1)
    return 'active'
  end
  release(ARGV[1])
end
bury(ARGV[1], ARGV[2])
return 'cancelled'`;

/** ARGV: id, token, now. Ends a job at work as cancelled; 0: it is another's. */
const endCancelled = `
if redis.call('GET', base .. ARGV[1] .. ':lock') ~= ARGV[2] then return 0 end
release(ARGV[1])
bury(ARGV[1], ARGV[3])
return 1`;

/** ARGV: now, number of begun attempts that do not count, ids that wait again: those that were cancelled meanwhile are over. */
const settle = `
for n = 3, #ARGV do
  local id = ARGV[n]
  if has(id) then
    if ARGV[2] ~= '0' then redis.call('HINCRBY', base .. id, 'ats', -ARGV[2]) end
    if redis.call('HEXISTS', base .. id, 'cancelling') == 1 and unqueue(id) > 0 then bury(id, ARGV[1]) end
  end
end
return 1`;

/** ARGV: ids at work. Those of them that are to be cancelled. */
const cancelling = `
local found = {}
for _, id in ipairs(ARGV) do
  if redis.call('HEXISTS', base .. id, 'cancelling') == 1 then found[#found + 1] = id end
end
return found`;

/** ARGV: id. Its state in BullMQ's words and what it is, or nil. */
const read = `
if not has(ARGV[1]) then return nil end
local state = isOver(ARGV[1])
if not state then state = redis.call('LPOS', base .. 'active', ARGV[1]) and 'active' or 'waiting' end
local fields = redis.call('HMGET', base .. ARGV[1], 'data', 'ats', 'timestamp', 'failedReason')
table.insert(fields, 1, state)
return fields`;

/** Waiting, active, done, failed, cancelled. */
const counts = `
return { redis.call('LLEN', base .. 'wait') + redis.call('ZCARD', base .. 'prioritized') + redis.call('ZCARD', base .. 'delayed'),
  redis.call('LLEN', base .. 'active'), redis.call('ZCARD', base .. 'completed'), redis.call('ZCARD', base .. 'failed'),
  redis.call('ZCARD', base .. 'cancelled') }`;

/** ARGV: now. How many may be taken now, and the score of the first that is not due yet (BullMQ: time * 4096). */
const ready = `
if redis.call('HEXISTS', base .. 'meta', 'paused') == 1 then return { 0, '' } end
local due = (ARGV[1] + 1) * 4096 - 1
local later = redis.call('ZRANGEBYSCORE', base .. 'delayed', '(' .. string.format('%.0f', due), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { redis.call('LLEN', base .. 'wait') + redis.call('ZCARD', base .. 'prioritized')
  + redis.call('ZCOUNT', base .. 'delayed', '-inf', string.format('%.0f', due)), later[2] or '' }`;

/** ARGV: the name that one call gave its jobs, ids. How many of the jobs are of that call. */
const named = `
local own = 0
for n = 2, #ARGV do
  local name = redis.call('HGET', base .. ARGV[n], 'name')
  if not name or name == ARGV[1] then own = own + 1 end
end
return own`;

/** ARGV: id. A dead letter that is to be tried again begins anew; 0: it is none. */
const revive = `
if not redis.call('ZSCORE', base .. 'failed', ARGV[1]) then return 0 end
redis.call('HDEL', base .. ARGV[1], 'stc', 'cancelling')
return 1`;

/** ARGV: oldest, most to keep, most to forget in this step. How many were forgotten. */
const forget = `
local sets, left, gone = {'completed', 'failed', 'cancelled'}, tonumber(ARGV[3]), 0
local function drop(set, ids)
  for _, id in ipairs(ids) do
    redis.call('ZREM', base .. set, id)
    redis.call('UNLINK', base .. id, base .. id .. ':lock', base .. id .. ':logs')
  end
  gone, left = gone + #ids, left - #ids
end
for _, set in ipairs(sets) do
  if left > 0 then drop(set, redis.call('ZRANGEBYSCORE', base .. set, '-inf', ARGV[1], 'LIMIT', 0, left)) end
end
local total = 0
for _, set in ipairs(sets) do total = total + redis.call('ZCARD', base .. set) end
local excess = math.min(left, total - tonumber(ARGV[2]))
for _ = 1, excess do
  local oldest, of
  for _, set in ipairs(sets) do
    local first = redis.call('ZRANGE', base .. set, 0, 0, 'WITHSCORES')
    if first[1] and (not oldest or tonumber(first[2]) < tonumber(oldest[2])) then oldest, of = first, set end
  end
  drop(of, { oldest[1] })
end
return gone`;

const SCRIPTS = { cancel, endCancelled, settle, cancelling, read, counts, ready, named, revive, forget };
export type ScriptName = keyof typeof SCRIPTS;

/** As ioredis takes them: sent once, called by their digest. */
export const SCRIPTS_OF_QUEUE: Readonly<Record<string, { readonly lua: string; readonly numberOfKeys: number }>> =
  Object.fromEntries(
    Object.entries(SCRIPTS).map(([name, lua]) => [`queue_${name}`, { lua: LIBRARY + lua, numberOfKeys: 1 }]),
  );
