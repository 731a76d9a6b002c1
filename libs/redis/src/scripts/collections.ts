// The scripts of collections: one hash for all projections, which says for each collection to which projection it belongs, and beside it one that says
// in which turn each projection has taken collections last.

/**
 * KEYS: the hash, the turns. Arguments: the projection, a turn that no other has, then each collection with the projection that is known to have a generation with it ('' for none); that
 * counts where the hash has lost it. Takes all of them or none. Replies `ok`, or `taken`, the collection that another projection has, and which.
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
 * KEYS: the hash, the turns. Arguments: the projection, its turn when it was looked up what it keeps ('' for one that is removed), then the collections that it
 * keeps. It gives up all others, unless it has taken some since.
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
