// The scripts of leases: one hash for all projections, by the server's clock. If it is lost, all leases are free.

/** A field holds end, duration and owner. A lease that would last longer than claimed is from before a clock change. */
const LEASES = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function heldOf(text)
  if not text then return nil end
  local ends, duration, owner = string.match(text, '^(%d+) (%d+) (.*)$')
  ends, duration = tonumber(ends), tonumber(duration)
  if ends <= now or ends > now + duration then return nil end
  return owner, ends - now
end
`;

/** KEYS[1]: the hash. Arguments: lease, owner, milliseconds. Replies whether it was granted, the owner, the rest. */
export const CLAIM = `${LEASES}
local owner, remaining = heldOf(redis.call('HGET', KEYS[1], ARGV[1]))
if owner and owner ~= ARGV[2] then return { '0', owner, tostring(remaining) } end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now + ARGV[3]) .. ' ' .. ARGV[3] .. ' ' .. ARGV[2])
return { '1', ARGV[2], ARGV[3] }
`;

/** KEYS[1]: the hash. Arguments: lease, owner. */
export const RELEASE = `${LEASES}
if heldOf(redis.call('HGET', KEYS[1], ARGV[1])) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 'ok'
`;

/** KEYS[1]: the hash. Replies lease, owner and remaining time of each lease that has not ended. */
export const LIST = `${LEASES}
local reply, fields = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local owner, remaining = heldOf(fields[i + 1])
  if owner then
    reply[#reply + 1] = fields[i]; reply[#reply + 1] = owner; reply[#reply + 1] = tostring(remaining)
  end
end
return reply
`;
