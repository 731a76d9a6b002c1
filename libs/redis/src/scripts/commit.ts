// The scripts of a session: commit a batch, derive anew, finish a bulk load. Each is atomic and checks the session.
import { PRELUDE } from './prelude.js';

/** The number of names in one call of HSET or ZADD: Lua's stack holds 8,000 values. */
const CHUNK = 1_500;

/** The largest number of documents kept for one snapshot; a snapshot that needs more is lost. */
const KEPT_MAX = 1_000_000;

const WRITING = `
local at = 0
local function take() at = at + 1; return ARGV[at] end
local function takeNumber() return tonumber(take()) end

local function drop(keys) for i = 1, #keys, ${CHUNK} do redis.call('UNLINK', unpack(keys, i, math.min(i + ${CHUNK} - 1, #keys))) end end

-- The open snapshots, without those whose reader was silent for too long.
local function snapshotsOf(n, base)
  local k, now = base .. '$snapshots', nowMs()
  local over = redis.call('ZRANGEBYSCORE', k, '-inf', '(' .. now)
  for _, id in ipairs(over) do
    redis.call('ZREM', k, id)
    local keys = { base .. id .. ':$parked:d', base .. id .. ':$parked:o' }
    for _, name in ipairs(namesOf(n)) do
      keys[#keys + 1] = base .. id .. ':' .. name .. ':d'
      keys[#keys + 1] = base .. id .. ':' .. name .. ':k'
    end
    drop(keys)
  end
  return redis.call('ZRANGE', k, 0, -1)
end

-- Keeps documents that are about to change for the snapshots that still need them; '' if there was none.
local function keep(snapshots, base, name, keys, first, last, step)
  for _, id in ipairs(snapshots) do
    local k = base .. id .. ':' .. name
    for i = first, last, step do
      local key = keys[i]
      if redis.call('HEXISTS', k .. ':d', key) == 0 then
        local document = redis.call('HGET', base .. name .. ':d', key) or ''
        redis.call('HSET', k .. ':d', key, document)
        if document ~= '' then redis.call('ZADD', k .. ':k', 0, key) end
      end
    end
    if redis.call('HLEN', k .. ':d') > ${KEPT_MAX} then redis.call('ZADD', base .. '$snapshots', 0, id) end
  end
end

-- Finds a board that has lost places, before it is changed: afterwards the loss would be invisible.
local shortened

local function touch(v, touched, board)
  if touched[board] then return end
  touched[board] = true
  if isShortened(v, board) then shortened = board end
end

local function leave(v, touched, key, boards)
  for _, board in ipairs(boards) do
    touch(v, touched, board)
    redis.call('ZREM', v .. ':b:' .. board, key)
  end
end

local function removeDocument(base, name, v, touched, key)
  if redis.call('HDEL', base .. name .. ':d', key) == 0 then return end
  redis.call('ZREM', base .. name .. ':k', key)
  local boards = redis.call('HGET', v .. ':p', key)
  if boards then
    leave(v, touched, key, cjson.decode(boards))
    redis.call('HDEL', v .. ':p', key)
  end
  redis.call('ZREM', v .. ':x', key)
end

-- The present boards of each key (every second argument from first): a JSON list, '' for none.
local function moveBoards(v, touched, first, count)
  for start = 0, count - 1, ${CHUNK} do
    local keys = {}
    for i = start, math.min(start + ${CHUNK}, count) - 1 do keys[#keys + 1] = ARGV[first + 2 * i] end
    local before = redis.call('HMGET', v .. ':p', unpack(keys))
    local changed = {}
    for i, key in ipairs(keys) do
      local old, new = before[i] or '', take()
      if old ~= new then
        if old ~= '' then
          local stays = {}
          if new ~= '' then for _, board in ipairs(cjson.decode(new)) do stays[board] = true end end
          local left = {}
          for _, board in ipairs(cjson.decode(old)) do if not stays[board] then left[#left + 1] = board end end
          leave(v, touched, key, left)
        end
        if new == '' then redis.call('HDEL', v .. ':p', key)
        else changed[#changed + 1] = key; changed[#changed + 1] = new end
      end
    end
    if #changed > 0 then redis.call('HSET', v .. ':p', unpack(changed)) end
  end
  for _ = 1, takeNumber() do
    local board, places = take(), takeNumber()
    touch(v, touched, board)
    for i = 0, 2 * places - 1, ${2 * CHUNK} do
      redis.call('ZADD', v .. ':b:' .. board, unpack(ARGV, at + 1 + i, at + math.min(i + ${2 * CHUNK}, 2 * places)))
    end
    at = at + 2 * places
  end
end

local function setExpiry(v, first, count)
  for i = 0, count - 1 do
    local key, expiresAt = ARGV[first + 2 * i], take()
    if expiresAt == '' then redis.call('ZREM', v .. ':x', key) else redis.call('ZADD', v .. ':x', expiresAt, key) end
  end
end

local function countBoards(v, touched)
  for board in pairs(touched) do
    local size = redis.call('ZCARD', v .. ':b:' .. board)
    if size == 0 then redis.call('HDEL', v .. ':s', board) else redis.call('HSET', v .. ':s', board, size) end
  end
end
`;

/** Arguments: see `commitArguments`. Replies `ok` and the number of the commit, `moved`, or `damaged` and why. */
export const COMMIT = `${PRELUDE}${WRITING}
local n, part, session, commits, from, to, digest, lastEvent, updatedAt = take(), take(), take(), take(), take(), take(), take(), take(), take()
local p = n .. part
if field(p, 'session') ~= session or field(p, 'commits') ~= commits or field(p, 'position') ~= from then return { 'moved' } end
local damage = damageOf(n)
if damage then return { 'damaged', damage } end
local base = baseOf(n)
local commit = tostring(redis.call('HINCRBY', meta, p .. ':commits', 1))
local snapshots = snapshotsOf(n, base)

for _ = 1, takeNumber() do
  local name, deletes, upserts, hasBoards, hasExpiry = take(), takeNumber(), takeNumber(), take() == '1', take() == '1'
  local k, v, touched = base .. name, derivedOf(n, base, name), {}
  redis.call('HSET', k .. ':d', STAMP, commit .. part)
  if #snapshots > 0 then
    keep(snapshots, base, name, ARGV, at + 1, at + deletes, 1)
    keep(snapshots, base, name, ARGV, at + deletes + 1, at + deletes + 2 * upserts, 2)
  end
  for _ = 1, deletes do removeDocument(base, name, v, touched, take()) end
  local first = at + 1
  for i = 0, upserts - 1, ${CHUNK} do
    local last = math.min(i + ${CHUNK}, upserts) - 1
    if redis.call('HSET', k .. ':d', unpack(ARGV, first + 2 * i, first + 2 * last + 1)) > 0 then
      local keys = {}
      for j = i, last do keys[#keys + 1] = 0; keys[#keys + 1] = ARGV[first + 2 * j] end
      redis.call('ZADD', k .. ':k', unpack(keys))
    end
  end
  at = at + 2 * upserts
  if hasBoards then moveBoards(v, touched, first, upserts) end
  if hasExpiry then setExpiry(v, first, upserts) end
  -- What was written so far is useless: the generation is withdrawn with it.
  if shortened then return { 'damaged', withdraw(n, shortening(name, shortened)) } end
  countBoards(v, touched)
  redis.call('HSET', meta, n .. ':n:' .. name, shapeOf(n, base, name))
end

local parked = base .. '$parked'
local unparks, parks = takeNumber(), takeNumber()
for _ = 1, unparks do
  local key, place = take(), take()
  if redis.call('HDEL', parked .. ':d', place .. ':' .. key) == 1 then
    redis.call('ZREM', parked .. ':o', place .. ':' .. key)
    redis.call('ZREM', parked .. ':k', #key .. ':' .. key .. ':' .. place)
    if redis.call('HINCRBY', parked .. ':n', key, -1) == 0 then redis.call('HDEL', parked .. ':n', key) end
  end
end
for _ = 1, parks do
  local key, place, event = take(), take(), take()
  if redis.call('HSET', parked .. ':d', place .. ':' .. key, event) == 1 then
    redis.call('ZADD', parked .. ':o', 0, place .. ':' .. key)
    redis.call('ZADD', parked .. ':k', 0, #key .. ':' .. key .. ':' .. place)
    redis.call('HINCRBY', parked .. ':n', key, 1)
  end
end
redis.call('HSET', meta, p .. ':position', to, p .. ':digest', digest, p .. ':lastEvent', lastEvent, n .. ':updated', updatedAt, n .. ':parked', parkedShapeOf(base))
return { 'ok', commit }
`;

/** The shape of an unfinished derivation is stored beside that of the one in use. */
const DERIVING = `
local function dropDerived(v)
  local keys = { v .. ':p', v .. ':x', v .. ':s' }
  for _, board in ipairs(redis.call('HKEYS', v .. ':s')) do keys[#keys + 1] = v .. ':b:' .. board end
  drop(keys)
end

local function lostOf(n, name, v)
  local expected, actual = field(n, 'd:' .. name), derivedShapeOf(v)
  if expected == actual then return nil end
  return withdraw(n, 'collection ' .. name .. ', derived anew, was ' .. (expected or 'unknown') .. ', is ' .. actual)
end
`;

/**
 * Derives some documents of a collection into an unfinished derivation. Arguments: generation, session, collection,
 * derivation, `1` to begin it, number of documents, key and '' each, then as in a commit. Replies `ok`, `moved`, or
 * `damaged` and the damage; SWITCH finds lost documents.
 */
export const DERIVE = `${PRELUDE}${WRITING}${DERIVING}
local n, session, name, derivation, isFirst, count = take(), take(), take(), take(), take() == '1', takeNumber()
if field(n, 'session') ~= session then return { 'moved' } end
local v, touched = baseOf(n) .. name .. ':' .. derivation, {}
if isFirst then
  dropDerived(v)
else
  local lost = lostOf(n, name, v)
  if lost then return { 'damaged', lost } end
end
local first = at + 1
at = at + 2 * count
moveBoards(v, touched, first, count)
setExpiry(v, first, count)
if shortened then return { 'damaged', withdraw(n, shortening(name, shortened)) } end
countBoards(v, touched)
redis.call('HSET', meta, n .. ':d:' .. name, derivedShapeOf(v))
return { 'ok' }
`;

/**
 * Puts a derivation in the place of the former one. Arguments: generation, session, collection, derivation,
 * declaration. Replies `ok`, `moved`, or `damaged` and the damage: documents lost meanwhile are missing in the
 * derivation, and after the switch the loss would be invisible.
 */
export const SWITCH = `${PRELUDE}${WRITING}${DERIVING}
local n, session, name, derivation, declaration = take(), take(), take(), take(), take()
if field(n, 'session') ~= session then return { 'moved' } end
local base = baseOf(n)
local damage = damageOf(n) or lostOf(n, name, base .. name .. ':' .. derivation)
if damage then return { 'damaged', damage } end
dropDerived(derivedOf(n, base, name))
redis.call('HSET', meta, n .. ':v:' .. name, derivation, n .. ':c:' .. name, declaration)
redis.call('HDEL', meta, n .. ':d:' .. name)
redis.call('HSET', meta, n .. ':n:' .. name, shapeOf(n, base, name))
return { 'ok' }
`;

/** Arguments: generation, part, session, time. Replies `ok` or `moved`. */
export const FINISH_BULK = `${PRELUDE}
local n, session, updatedAt = ARGV[1], ARGV[3], ARGV[4]
if field(n .. ARGV[2], 'session') ~= session then return { 'moved' } end
redis.call('HSET', meta, n .. ':bulk', '0', n .. ':updated', updatedAt)
return { 'ok' }
`;
