// The scripts of generations: create, open, promote, drop, sweep the keys of lost bookkeeping, forget all.
import { PRELUDE } from './prelude.js';

/**
 * Arguments: id, version, fingerprint, incarnation, empty digest, time, bulk, side, number of parts, then name,
 * `$state` flag and declaration of each collection. Replies the number, and whether there was no bookkeeping before.
 */
export const CREATE = `${PRELUDE}
local id, version, fingerprint, incarnation, digest, now, bulk, side, parts = unpack(ARGV, 1, 9)
local isNew = redis.call('EXISTS', meta) == 0
local n = tostring(redis.call('HINCRBY', meta, 'last', 1))
local serving = redis.call('HGET', meta, 'serving') or ''
local state = side == '1' and 'side' or ((serving ~= '' or bulk == '1') and 'filling' or 'serving')
local names = {}
for i = 10, #ARGV, 3 do names[#names + 1] = ARGV[i] end
redis.call('HSET', meta, n .. ':id', id, n .. ':state', state, n .. ':version', version, n .. ':fingerprint', fingerprint,
  n .. ':incarnation', incarnation, n .. ':position', '', n .. ':epoch', '0', n .. ':session', '', n .. ':commits', '0', n .. ':digest', digest,
  n .. ':bulk', bulk, n .. ':created', now, n .. ':updated', now, n .. ':damage', '', n .. ':collections', table.concat(names, ','),
  n .. ':parked', parkedShapeOf(root .. id .. ':'))
if parts ~= '1' then redis.call('HSET', meta, n .. ':parts', parts) end
for part = 1, tonumber(parts) - 1 do
  local p = n .. ':p' .. part
  redis.call('HSET', meta, p .. ':position', '', p .. ':epoch', '0', p .. ':session', '', p .. ':commits', '0', p .. ':digest', digest)
end
if state == 'serving' then redis.call('HSET', meta, 'serving', n) end
for i = 10, #ARGV, 3 do
  local name = ARGV[i]
  redis.call('HSET', root .. id .. ':' .. name .. ':d', STAMP, '0')
  redis.call('HSET', meta, n .. ':h:' .. name, ARGV[i + 1], n .. ':c:' .. name, ARGV[i + 2], n .. ':v:' .. name, '1')
  redis.call('HSET', meta, n .. ':n:' .. name, shapeOf(n, root .. id .. ':', name))
end
return { n, isNew and '1' or '0' }
`;

/**
 * Arguments: generation, fingerprint, session, and the beginning of the part's fields after the generation's number (''
 * for the first part). Replies `ok` and all bookkeeping, or `unknown`, `fingerprint`, `damaged` and the damage.
 */
export const OPEN = `${PRELUDE}
local n, fingerprint, session = ARGV[1], ARGV[2], ARGV[3]
local part = n .. ARGV[4]
if not field(n, 'id') or not field(part, 'epoch') then return { 'unknown' } end
if field(n, 'fingerprint') ~= fingerprint then return { 'fingerprint' } end
local damage = damageOf(n)
if damage then return { 'damaged', damage } end
redis.call('HINCRBY', meta, part .. ':epoch', 1)
redis.call('HSET', meta, part .. ':session', session)
return { 'ok', redis.call('HGETALL', meta) }
`;

/** Arguments: generation, `1` to force, time. Replies `ok`, `unknown`, `side`, `bulk`, or `behind`, two positions. */
export const PROMOTE = `${PRELUDE}
local n, force, now = ARGV[1], ARGV[2], ARGV[3]
if not field(n, 'id') then return { 'unknown' } end
local serving = redis.call('HGET', meta, 'serving') or ''
if serving == n then return { 'ok' } end
if field(n, 'state') == 'side' then return { 'side' } end
if field(n, 'bulk') == '1' then return { 'bulk' } end
if damageOf(n) then return { 'side' } end
if serving ~= '' then
  local mine, theirs = positionOf(n), positionOf(serving)
  if force ~= '1' and isBefore(mine, theirs) then return { 'behind', mine, theirs } end
  for _, part in ipairs(partsOf(serving)) do
    redis.call('HINCRBY', meta, part .. ':epoch', 1)
    redis.call('HSET', meta, part .. ':session', '')
  end
  redis.call('HSET', meta, serving .. ':state', 'retired', serving .. ':updated', now)
end
redis.call('HSET', meta, 'serving', n, n .. ':state', 'serving', n .. ':updated', now)
return { 'ok' }
`;

/** Arguments: generation. Frees memory in the background. Replies `ok`, `unknown` or `serves`. */
export const DROP = `${PRELUDE}
local n = ARGV[1]
local id = field(n, 'id')
if not id then return { 'unknown' } end
if redis.call('HGET', meta, 'serving') == n then return { 'serves' } end
local base, keys = baseOf(n), {}
local function add(...) for _, key in ipairs({ ... }) do keys[#keys + 1] = key end end
add(base .. '$parked:d', base .. '$parked:o', base .. '$parked:k', base .. '$parked:n', base .. '$snapshots')
local snapshots = redis.call('ZRANGE', base .. '$snapshots', 0, -1)
for _, snapshot in ipairs(snapshots) do add(base .. snapshot .. ':$parked:d', base .. snapshot .. ':$parked:o') end
for _, name in ipairs(namesOf(n)) do
  add(base .. name .. ':d', base .. name .. ':k')
  for _, snapshot in ipairs(snapshots) do add(base .. snapshot .. ':' .. name .. ':d', base .. snapshot .. ':' .. name .. ':k') end
  local derivation = tonumber(field(n, 'v:' .. name))
  -- The next one too: a derivation may be half done.
  for number = derivation, derivation + 1 do
    local v = base .. name .. ':' .. number
    add(v .. ':p', v .. ':x', v .. ':s')
    for _, board in ipairs(redis.call('HKEYS', v .. ':s')) do add(v .. ':b:' .. board) end
  end
end
for i = 1, #keys, 1000 do redis.call('UNLINK', unpack(keys, i, math.min(i + 999, #keys))) end
local fields = {}
for _, name in ipairs(redis.call('HKEYS', meta)) do
  if string.sub(name, 1, #n + 1) == n .. ':' then fields[#fields + 1] = name end
end
for i = 1, #fields, 1000 do redis.call('HDEL', meta, unpack(fields, i, math.min(i + 999, #fields))) end
return { 'ok' }
`;

/** Deletes the given keys whose generation is unknown. Arguments: keys. Replies how many it deleted. */
export const SWEEP = `${PRELUDE}
local ids = {}
for n = 1, tonumber(redis.call('HGET', meta, 'last') or '0') do
  local id = field(tostring(n), 'id')
  if id then ids[id] = true end
end
local swept = 0
for _, key in ipairs(ARGV) do
  local id = string.match(string.sub(key, #root + 1), '^[^:]+')
  if string.sub(key, 1, #root) == root and key ~= meta and not ids[id] then swept = swept + redis.call('UNLINK', key) end
end
return swept
`;

/** No arguments. Fences off all sessions of the projection; none of its generations serves afterwards. */
export const RETIRE = `${PRELUDE}
local fields = {}
for _, name in ipairs(redis.call('HKEYS', meta)) do
  if string.match(name, ':session$') then fields[#fields + 1] = name end
end
for _, name in ipairs(fields) do redis.call('HSET', meta, name, '') end
if redis.call('HGET', meta, 'serving') then redis.call('HSET', meta, 'serving', '') end
return 'ok'
`;

/** No arguments. Deletes the bookkeeping, unless there is a new generation. */
export const FORGET = `${PRELUDE}
for _, name in ipairs(redis.call('HKEYS', meta)) do
  if string.match(name, '^%d+:id$') then return 'begun' end
end
redis.call('UNLINK', meta)
return 'ok'
`;
