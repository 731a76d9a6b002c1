// What a server must offer to hold read models.
import { ReadStoreReadOnly, ServerEvicts, ServerTooOld } from '../errors.js';
import type { RedisConnection } from './redis-connection.js';

/** The first version with COPY and ZMSCORE. */
const VERSION_MIN = '6.2.0';

/** Checks every primary. Errors: READ_STORE_SERVER_TOO_OLD, READ_STORE_READ_ONLY, READ_STORE_EVICTS, those of calls. */
export const checkServer = async (connection: RedisConnection, store: string): Promise<void> => {
  for (const text of await connection.info('server')) {
    const version = valueOf(text, 'redis_version') ?? '0';
    if (isOlder(version, VERSION_MIN)) throw new ServerTooOld(store, VERSION_MIN, version);
  }
  for (const text of await connection.info('replication')) {
    if (valueOf(text, 'role') === 'slave') throw new ReadStoreReadOnly(store, 'the server is a replica');
  }
  for (const text of await connection.info('memory')) {
    const policy = valueOf(text, 'maxmemory_policy') ?? '';
    if (policy.startsWith('allkeys-') && valueOf(text, 'maxmemory') !== '0') throw new ServerEvicts(store, policy);
  }
};

const valueOf = (text: string, name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];

/** True if one version of numbers and dots comes before another one. */
export const isOlder = (version: string, minimum: string): boolean => {
  const [have, need] = [version, minimum].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (const [index, part] of (need ?? []).entries()) {
    const actual = have?.[index] ?? 0;
    if (actual !== part) return actual < part;
  }
  return false;
};
