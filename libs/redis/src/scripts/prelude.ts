// Shared by all scripts: names of keys, and the check that a generation still holds what its last commit left.

/**
 * KEYS[1] is the bookkeeping of the projection (a hash), KEYS[2] the beginning of its other keys. A generation's keys
 * carry its random id, so that keys left over from lost bookkeeping are never taken for its own. All keys of a
 * projection are in one hash slot.
 *
 * Of a collection: `:d` documents by key (hash), `:k` keys (sorted set, all scores 0, so in order of bytes). Derived,
 * with the number of the derivation in the name: `:p` boards by key (hash), `:x` expiry by key (sorted set), `:s` size
 * by board (hash). And `:b:<board>` keys by negated score (sorted set: the highest score first, equal scores by key).
 *
 * The shape of a collection is cheap to compute and changes with every loss of data. It is the number of the last
 * commit, kept among the documents under an impossible key (a byte that UTF-8 does not use), and the sizes of its keys.
 * A collection whose shape differs from the bookkeeping has lost or gained data.
 */
export const PRELUDE = String.raw`
local meta, root = KEYS[1], KEYS[2]
local STAMP = '\255'

local function field(n, name) return redis.call('HGET', meta, n .. ':' .. name) end

local function baseOf(n) return root .. field(n, 'id') .. ':' end

local function namesOf(n)
  local names = {}
  for name in string.gmatch(field(n, 'collections') or '', '[^,]+') do names[#names + 1] = name end
  return names
end

local function hasCollection(n, wanted)
  for _, name in ipairs(namesOf(n)) do if name == wanted then return true end end
  return false
end

local function derivedOf(n, base, name) return base .. name .. ':' .. (field(n, 'v:' .. name) or '1') end

local function derivedShapeOf(v)
  return table.concat({ redis.call('HLEN', v .. ':p'), redis.call('ZCARD', v .. ':x'), redis.call('HLEN', v .. ':s') }, '/')
end

local function shapeOf(n, base, name)
  local k = base .. name
  return table.concat({
    redis.call('HGET', k .. ':d', STAMP) or '-', redis.call('HLEN', k .. ':d') - 1, redis.call('ZCARD', k .. ':k'),
    derivedShapeOf(derivedOf(n, base, name)) }, '/')
end

local function parkedShapeOf(base)
  local k = base .. '$parked'
  return table.concat({ redis.call('HLEN', k .. ':d'), redis.call('ZCARD', k .. ':o'), redis.call('ZCARD', k .. ':k'), redis.call('HLEN', k .. ':n') }, '/')
end

-- The beginning of the checkpoint fields of each part; the first part has the generation's own.
local function partsOf(n)
  local parts = { n }
  for part = 1, tonumber(field(n, 'parts') or '1') - 1 do parts[#parts + 1] = n .. ':p' .. part end
  return parts
end

-- Withdraws a generation that has lost data: it serves no more, its sessions are fenced off, and the projection fills
-- the next one. By pcall, because a reader may notice it on a read-only server: its answer is a miss in any case.
local function withdraw(n, damage)
  redis.pcall('HSET', meta, n .. ':damage', damage, n .. ':state', 'side')
  for _, part in ipairs(partsOf(n)) do redis.pcall('HSET', meta, part .. ':session', '') end
  if redis.call('HGET', meta, 'serving') == n then redis.pcall('HSET', meta, 'serving', '') end
  return damage
end

-- What is missing in a generation, or nil.
local function damageOf(n)
  local known = field(n, 'damage')
  if known and known ~= '' then return known end
  local base = baseOf(n)
  for _, name in ipairs(namesOf(n)) do
    local expected, actual = field(n, 'n:' .. name), shapeOf(n, base, name)
    if expected ~= actual then return withdraw(n, 'collection ' .. name .. ' was ' .. (expected or 'unknown') .. ', is ' .. actual) end
  end
  local expected, actual = field(n, 'parked'), parkedShapeOf(base)
  if expected ~= actual then return withdraw(n, 'parked events were ' .. (expected or 'unknown') .. ', are ' .. actual) end
  return nil
end

-- True if a board has another size than its last commit left. Not part of the shape: there may be thousands of boards.
local function isShortened(v, board)
  return redis.call('ZCARD', v .. ':b:' .. board) ~= tonumber(redis.call('HGET', v .. ':s', board) or '0')
end

local function shortening(name, board) return 'board ' .. board .. ' of ' .. name .. ' has lost or gained places' end

-- Compares bytes; Lua's own comparison depends on the locale.
local function isBelow(a, b)
  local length = math.min(#a, #b)
  for i = 1, length do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- Positions are decimal strings, '' before the first; numbers are floating-point here.
local function isBefore(a, b)
  if #a ~= #b then return #a < #b end
  return isBelow(a, b)
end

-- All parts hold everything up to here.
local function positionOf(n)
  local smallest = field(n, 'position') or ''
  for _, part in ipairs(partsOf(n)) do
    local position = field(part, 'position') or ''
    if isBefore(position, smallest) then smallest = position end
  end
  return smallest
end

-- Runs HMGET or a similar command for any number of names; Lua's stack holds 8,000 values.
local function many(command, key, names)
  local values = {}
  for i = 1, #names, 1000 do
    local page = redis.call(command, key, unpack(names, i, math.min(i + 999, #names)))
    for j = 1, #page do values[i + j - 1] = page[j] end
  end
  return values
end

local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;
