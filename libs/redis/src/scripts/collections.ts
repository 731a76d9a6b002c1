// The scripts of collections: one hash for all projections, which says for each collection to which projection it belongs.

/**
 * KEYS[1]: the hash. Arguments: the projection, then each collection with the projection that is known to have a generation with it ('' for none); that
 * counts where the hash has lost it. Takes all of them or none. Replies the collection that another projection has, and which; nothing if it took them.
 */
export const CLAIM = `
local projection = ARGV[1]
for i = 2, #ARGV, 2 do
  local owner = redis.call('HGET', KEYS[1], ARGV[i]) or ARGV[i + 1]
  if owner ~= '' and owner ~= projection then
    redis.call('HSET', KEYS[1], ARGV[i], owner)
    return { ARGV[i], owner }
  end
end
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], projection) end
return {}
`;

/** KEYS[1]: the hash. Arguments: the projection, then the collections that it keeps. It gives up all others. */
export const RELEASE = `
local kept = {}
for i = 2, #ARGV do kept[ARGV[i]] = true end
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  if fields[i + 1] == ARGV[1] and not kept[fields[i]] then redis.call('HDEL', KEYS[1], fields[i]) end
end
return 'ok'
`;
