// Keys of a job's own on the Redis server, gone afterwards.
import { RespClient } from '../fixtures/resp-client.js';
import { deleteKeys } from '../fixtures/redis-keys.js';

export const redisUrl = (): string => process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';

export const withPrefix = async <Result>(work: (prefix: string) => Promise<Result>): Promise<Result> => {
  const prefix = `mainstem-bench-${process.pid}-${Date.now()}:`;
  try {
    return await work(prefix);
  } finally {
    await deleteKeys(redisUrl(), prefix);
  }
};

/** Whether a server answers there. */
export const hasRedis = async (): Promise<boolean> => {
  try {
    const client = await RespClient.connect(redisUrl());
    await client.send(['PING']);
    client.close();
    return true;
  } catch {
    return false; // measured without it, and said so
  }
};
