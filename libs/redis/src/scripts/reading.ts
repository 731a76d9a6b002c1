// The scripts that read: answers to queries, pages of a collection, parked events, snapshots.
import { PRELUDE } from './prelude.js';

/** The number of places that one step of a search for living entries looks at. */
const STEP_MAX = 1_000;

const SERVING = `
local function servingOf(name)
  local n = redis.call('HGET', meta, 'serving') or ''
  if n == '' or not field(n, 'id') or not hasCollection(n, name) or damageOf(n) then return nil end
  return n
end
`;

/** Arguments: collection, key, time. Replies nothing if none serves, else `$state` flag, position, document or ''. */
export const GET = `${PRELUDE}${SERVING}
local name, key, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local n = servingOf(name)
if not n then return {} end
local base = baseOf(n)
local document = redis.call('HGET', base .. name .. ':d', key)
local expiresAt = document and redis.call('ZSCORE', derivedOf(n, base, name) .. ':x', key)
if expiresAt and tonumber(expiresAt) <= now then document = false end
return { field(n, 'h:' .. name), positionOf(n), document or '' }
`;

/**
 * Arguments: collection, board, limit, time, and score (negated) and key of the place to continue after. Replies like
 * GET, then key, negated score and document of each place.
 */
export const TOP = `${PRELUDE}${SERVING}
local name, board, limit, now = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local n = servingOf(name)
if not n then return {} end
local base = baseOf(n)
local v = derivedOf(n, base, name)
local k = v .. ':b:' .. board
if isShortened(v, board) then
  withdraw(n, shortening(name, board))
  return {}
end
local size, rank = redis.call('ZCARD', k), 0
if ARGV[5] then
  -- Equal scores are in order of bytes: a binary search finds the first member above the key.
  rank = redis.call('ZCOUNT', k, '-inf', '(' .. ARGV[5])
  local high = redis.call('ZCOUNT', k, '-inf', ARGV[5])
  while rank < high do
    local middle = math.floor((rank + high) / 2)
    if isBelow(ARGV[6], redis.call('ZRANGE', k, middle, middle)[1]) then high = middle else rank = middle + 1 end
  end
end
local reply = { field(n, 'h:' .. name), positionOf(n) }
local canExpire = redis.call('EXISTS', v .. ':x') == 1
while limit > 0 and rank < size do
  local step = math.min(limit, ${STEP_MAX})
  local found = redis.call('ZRANGE', k, rank, rank + step - 1, 'WITHSCORES')
  local keys = {}
  for i = 1, #found, 2 do keys[#keys + 1] = found[i] end
  local documents = many('HMGET', base .. name .. ':d', keys)
  local expiries = canExpire and many('ZMSCORE', v .. ':x', keys) or {}
  for i, key in ipairs(keys) do
    local document = documents[i]
    if document and not (expiries[i] and tonumber(expiries[i]) <= now) then
      reply[#reply + 1] = key; reply[#reply + 1] = found[2 * i]; reply[#reply + 1] = document
      limit = limit - 1
    end
  end
  rank = rank + step
end
return reply
`;

/**
 * Arguments: generation, collection, limit, snapshot or '', `1` and the key to begin after. Replies `ok`, then two
 * lists of keys and documents in order of keys: the unchanged ones, and those kept for the snapshot. Or `unknown`,
 * `collection`, or `over` for a lost snapshot.
 */
export const PAGE = `${PRELUDE}
local n, name, limit, snapshot = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local start = ARGV[5] == '1' and '(' .. ARGV[6] or '-'
local isKnown = field(n, 'id')
if snapshot ~= '' then
  local deadline = isKnown and redis.call('ZSCORE', baseOf(n) .. '$snapshots', snapshot)
  if not deadline or tonumber(deadline) < nowMs() then return { 'over' } end
end
if not isKnown then return { 'unknown' } end
if not hasCollection(n, name) then return { 'collection' } end
local base = baseOf(n)
local k, kept = base .. name, base .. snapshot .. ':' .. name
local hasKept = snapshot ~= '' and redis.call('EXISTS', kept .. ':d') == 1
local current, before = {}, {}
if hasKept then
  local keys = redis.call('ZRANGEBYLEX', kept .. ':k', start, '+', 'LIMIT', 0, limit)
  local documents = many('HMGET', kept .. ':d', keys)
  for i, key in ipairs(keys) do before[#before + 1] = key; before[#before + 1] = documents[i] end
end
local wanted = limit
while wanted > 0 do
  local keys = redis.call('ZRANGEBYLEX', k .. ':k', start, '+', 'LIMIT', 0, wanted)
  if #keys == 0 then break end
  local documents = many('HMGET', k .. ':d', keys)
  local isKept = hasKept and many('HMGET', kept .. ':d', keys) or {}
  for i, key in ipairs(keys) do
    if documents[i] and not isKept[i] then
      current[#current + 1] = key; current[#current + 1] = documents[i]
      wanted = wanted - 1
    end
  end
  start = '(' .. keys[#keys]
end
return { 'ok', current, before }
`;

/**
 * Arguments: generation ('' for the serving one), snapshot or '', limit, key (`1` and it, or `0` and ''), position to
 * begin after in 20 digits or ''. Replies `ok` and the events, or `unknown`, `over`.
 */
export const PARKED = `${PRELUDE}
local n, snapshot, limit, hasKey, key, after = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[5], ARGV[6]
if n == '' then n = redis.call('HGET', meta, 'serving') or '' end
if n == '' then return { 'ok', {} } end
if snapshot ~= '' and not (field(n, 'id') and redis.call('ZSCORE', baseOf(n) .. '$snapshots', snapshot)) then return { 'over' } end
if not field(n, 'id') then return { 'unknown' } end
local k = baseOf(n) .. (snapshot == '' and '' or snapshot .. ':') .. '$parked'
local places = {}
if hasKey then
  local prefix = #key .. ':' .. key
  for _, member in ipairs(redis.call('ZRANGEBYLEX', k .. ':k', '(' .. prefix .. ':' .. after, '(' .. prefix .. ';', 'LIMIT', 0, limit)) do
    places[#places + 1] = string.sub(member, -20) .. ':' .. key
  end
else
  -- ';' follows ':', so this is behind all keys of that position.
  places = redis.call('ZRANGEBYLEX', k .. ':o', after == '' and '-' or '[' .. after .. ';', '+', 'LIMIT', 0, limit)
end
local events = many('HMGET', k .. ':d', places)
for i = 1, #places do events[i] = events[i] or '' end
return { 'ok', events }
`;

/** Arguments: generation, snapshot, milliseconds until it expires. Replies `ok` and all bookkeeping, or `unknown`. */
export const BEGIN_SNAPSHOT = `${PRELUDE}
local n, snapshot, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3])
if not field(n, 'id') then return { 'unknown' } end
local base = baseOf(n)
redis.call('ZADD', base .. '$snapshots', nowMs() + ttl, snapshot)
if redis.call('EXISTS', base .. '$parked:d') == 1 then
  redis.call('COPY', base .. '$parked:d', base .. snapshot .. ':$parked:d')
  redis.call('COPY', base .. '$parked:o', base .. snapshot .. ':$parked:o')
end
return { 'ok', redis.call('HGETALL', meta) }
`;

/** Arguments: generation, snapshot, milliseconds from now. Replies `ok`, or `over`. */
export const RENEW_SNAPSHOT = `${PRELUDE}
local n, snapshot, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3])
local k = field(n, 'id') and baseOf(n) .. '$snapshots'
local deadline = k and redis.call('ZSCORE', k, snapshot)
if not deadline or tonumber(deadline) < nowMs() then return { 'over' } end
redis.call('ZADD', k, nowMs() + ttl, snapshot)
return { 'ok' }
`;

/** Arguments: generation, snapshot. */
export const END_SNAPSHOT = `${PRELUDE}
local n, snapshot = ARGV[1], ARGV[2]
if not field(n, 'id') then return { 'ok' } end
local base = baseOf(n)
redis.call('ZREM', base .. '$snapshots', snapshot)
redis.call('UNLINK', base .. snapshot .. ':$parked:d', base .. snapshot .. ':$parked:o')
for _, name in ipairs(namesOf(n)) do redis.call('UNLINK', base .. snapshot .. ':' .. name .. ':d', base .. snapshot .. ':' .. name .. ':k') end
return { 'ok' }
`;

/**
 * Arguments: generation, collection, limit, `1` and the key to begin after. Replies `ok`, then key, document, boards,
 * expiry and scores.
 */
export const DERIVED_PAGE = `${PRELUDE}
local n, name, limit = ARGV[1], ARGV[2], ARGV[3]
if not field(n, 'id') then return { 'unknown' } end
local base = baseOf(n)
local v = derivedOf(n, base, name)
local reply = { 'ok' }
for _, key in ipairs(redis.call('ZRANGEBYLEX', base .. name .. ':k', ARGV[4] == '1' and '(' .. ARGV[5] or '-', '+', 'LIMIT', 0, limit)) do
  local boards = redis.call('HGET', v .. ':p', key) or ''
  local scores = {}
  if boards ~= '' then
    for i, board in ipairs(cjson.decode(boards)) do scores[i] = redis.call('ZSCORE', v .. ':b:' .. board, key) or '' end
  end
  reply[#reply + 1] = { key, redis.call('HGET', base .. name .. ':d', key) or '', boards, redis.call('ZSCORE', v .. ':x', key) or '', scores }
end
return reply
`;

/** Arguments: generation, collection, board, first rank, limit. Replies `ok`, then key, negated score and boards. */
export const BOARD_PAGE = `${PRELUDE}
local n, name, board = ARGV[1], ARGV[2], ARGV[3]
if not field(n, 'id') then return { 'unknown' } end
local v = derivedOf(n, baseOf(n), name)
local found = redis.call('ZRANGE', v .. ':b:' .. board, ARGV[4], ARGV[4] + ARGV[5] - 1, 'WITHSCORES')
local reply = { 'ok' }
for i = 1, #found, 2 do reply[#reply + 1] = { found[i], found[i + 1], redis.call('HGET', v .. ':p', found[i]) or '' } end
return reply
`;

/** Arguments: generation, collection. Replies `ok` and the names of its boards. */
export const BOARDS = `${PRELUDE}
local n, name = ARGV[1], ARGV[2]
if not field(n, 'id') then return { 'unknown' } end
return { 'ok', redis.call('HKEYS', derivedOf(n, baseOf(n), name) .. ':s') }
`;
