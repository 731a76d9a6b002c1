// The scripts of collections. One hash for all projections gives the projection of each collection; a second one gives
// the turn in which each projection last took collections.

/**
 * KEYS: the hash, the turns. Arguments: the projection, a new unique turn, then each collection with the projection
 * known to have a generation with it ('' for none), which counts if the hash has lost it. Takes all or none. Replies
 * `ok`, or `taken`, the collection that another projection has, and that projection.
 */
export const CLAIM = `
local projection = ARGV[1]
for i = 3, #ARGV, 2 do
  local owner = redis.call('HGET', KEYS[1], ARGV[i]) or ARGV[i + 1]
  if owner ~= '' and owner ~= projection then
    redis.call('HSET', KEYS[1], ARGV[i], owner)
    return { 'taken', ARGV[i], owner }
  end
end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], projection) end
redis.call('HSET', KEYS[2], projection, ARGV[2])
return { 'ok' }
`;

/**
 * KEYS: the hash, the turns. Arguments: the projection, its turn before the look-up ('' to remove it as a whole), then
 * the collections that it keeps. Releases all others, unless it took some since.
 */
export const RELEASE = `
if ARGV[2] == '' then redis.call('HDEL', KEYS[2], ARGV[1])
elseif (redis.call('HGET', KEYS[2], ARGV[1]) or 'none') ~= ARGV[2] then return 'since' end
local kept = {}
for i = 3, #ARGV do kept[ARGV[i]] = true end
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  if fields[i + 1] == ARGV[1] and not kept[fields[i]] then redis.call('HDEL', KEYS[1], fields[i]) end
end
return 'ok'
`;
