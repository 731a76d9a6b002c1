// Redis as a cluster, behind sentinels, and as servers that must be refused: each a private one.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Incarnation, Position } from '@mainstem/event-store';
import type { DocumentClass } from '@mainstem/projection';
import { EMPTY_DIGEST } from '@mainstem/projection/adapter';
import { RedisReadStore } from '@mainstem/redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startRedis, type RedisServer, type RedisServerOptions } from '../../scripts/services/redis.mjs';
import { RespClient, type RespCommand } from '../fixtures/resp-client.js';
import { registerRedisContracts } from './redis-contracts.js';
import { redisFixture, redisUrl } from './redis-fixtures.js';

const SLOTS = 16_384;
const NODES = 3;
/** The nodes hear of each other in their own time. */
const JOIN_TIMEOUT_MS = 100_000;

const servers: RedisServer[] = [];
let folder: string;

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'mainstem-redis-'))));
afterAll(async () => {
  for (const server of servers) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const start = async (options: RedisServerOptions = {}): Promise<RedisServer> => {
  const server = await startRedis({ folder: join(folder, String(servers.length)), ...options });
  servers.push(server);
  return server;
};

const ask = async (url: string, ...commands: readonly RespCommand[]): Promise<unknown> => {
  const client = await RespClient.connect(url);
  try {
    return await client.send(...commands);
  } finally {
    client.close();
  }
};

const opening = (url: string): Promise<unknown> => RedisReadStore.open({ url }).then((store) => store.close());

const hasServer = redisUrl !== undefined;

describe.skipIf(!hasServer)('a Redis cluster', () => {
  const nodes: RedisServer[] = [];
  const urlOf = (): string => `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;

  beforeAll(async () => {
    for (let number = 0; number < NODES; number++) nodes.push(await start({ flags: ['--cluster-enabled', 'yes'] }));
    const share = Math.ceil(SLOTS / NODES);
    for (const [number, node] of nodes.entries()) {
      const slots = Array.from({ length: Math.min(share, SLOTS - number * share) }, (_, slot) => number * share + slot);
      await ask(node.url, ['CLUSTER', 'ADDSLOTS', ...slots], ['CLUSTER', 'SET-CONFIG-EPOCH', number + 1]);
      if (number > 0) await ask(node.url, ['CLUSTER', 'MEET', '127.0.0.1', nodes[0]?.port ?? 0]);
    }
    for (const { url } of nodes) {
      await vi.waitFor(async () => expect(await ask(url, ['CLUSTER', 'INFO'])).toMatch(/cluster_state:ok[^]*cluster_known_nodes:3/), {
        timeout: JOIN_TIMEOUT_MS,
        interval: 20,
      });
    }
  }, 2 * JOIN_TIMEOUT_MS);

  const fixture = () =>
    redisFixture(
      urlOf(),
      nodes.map(({ url }) => url),
    );

  registerRedisContracts('redis cluster', fixture);

  it('is refused at the first question where one node is named as if it were all, and says how a cluster is named', async () => {
    const store = await RedisReadStore.open({ url: nodes[0]?.url ?? '' });
    try {
      const asked = await Promise.allSettled(Array.from({ length: 20 }, (_, number) => store.generations(`p${number}`)));
      const refusals = asked.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
      expect(refusals.length).toBeGreaterThan(0);
      for (const refusal of refusals) {
        expect(refusal).toMatchObject({
          code: 'READ_STORE_INVALID_OPTIONS',
          message: expect.stringMatching(/MOVED.*redis\+cluster:\/\//) as string,
        });
      }
    } finally {
      await store.close();
    }
  });

  it('spreads projections over its nodes, each of them whole on one', async () => {
    const own = fixture();
    const names = Array.from({ length: 12 }, (_, number) => `spread-${number}`);
    try {
      const store = await own.open();
      for (const name of names) {
        const projection = { name, version: 1, fingerprint: 'f', collections: [{ name, document: Object as DocumentClass, hasState: false }] };
        const { number } = await store.createGeneration(projection, 'i' as Incarnation);
        const session = await store.open(projection, number);
        const changes = [{ collection: name, upserts: new Map([['a', { name }]]), deletes: [] }];
        await session.commit({ changes, checkpoint: { from: undefined, to: 1n as Position, digest: EMPTY_DIGEST } });
        expect(await store.get(name, 'a')).toEqual({ value: { name }, position: 1n });
      }
      const generations = await store.generations();
      expect(new Set(generations.map(({ projection }) => projection))).toEqual(new Set(names));
      const homes = new Map<string, Set<number>>();
      for (const { url, port } of nodes) {
        const keys = (await ask(url, ['KEYS', `${own.prefix}{*`])) as string[];
        for (const key of keys) {
          const name = /\{(.*)\}/.exec(key)?.[1] ?? '';
          homes.set(name, (homes.get(name) ?? new Set()).add(port));
        }
      }
      expect([...homes.values()].every((ports) => ports.size === 1)).toBe(true);
      expect(new Set([...homes.values()].flatMap((ports) => [...ports])).size).toBe(NODES);
    } finally {
      await own.remove();
    }
  });
});

describe.skipIf(!hasServer)('Redis behind sentinels', () => {
  it('is found by the name of its group', async () => {
    const server = await start();
    const settings = join(folder, 'sentinel.conf');
    await writeFile(settings, `sentinel monitor main 127.0.0.1 ${server.port} 1\n`);
    const sentinel = await start({ flags: [settings], isSentinel: true });
    const store = await RedisReadStore.open({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/main/3` });
    try {
      await store.claimLease({ projection: 'p', fingerprint: 'f', partition: 0, owner: 'o', durationMs: 60_000 });
      expect(await ask(server.url, ['SELECT', 3], ['EXISTS', 'mainstem:leases'])).toBe(1);
    } finally {
      await store.close();
    }
  });
});

describe.skipIf(!hasServer)('a Redis that must not be used', () => {
  it('is refused for a database that it does not have, and writes nothing into another one', async () => {
    const server = await start();
    await expect(RedisReadStore.open({ url: `${server.url}/99` }, { collections: {} })).rejects.toMatchObject({
      code: 'READ_STORE_INVALID_OPTIONS',
      message: expect.stringContaining('no database 99') as string,
    });
    expect(await ask(server.url, ['DBSIZE'])).toEqual(0);
    const store = await RedisReadStore.open({ url: `${server.url}/15` }, { collections: {} });
    await store.close();
  });

  it('is refused when it evicts any key, and the way out is told', async () => {
    const { url } = await start({ flags: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] });
    await expect(opening(url)).rejects.toMatchObject({ code: 'READ_STORE_EVICTS', message: expect.stringContaining('noeviction') });
    await ask(url, ['CONFIG', 'SET', 'maxmemory', '0']);
    await opening(url);
    await ask(url, ['CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'volatile-lru']);
    await opening(url);
  });

  it('is refused when it is a replica', async () => {
    const { port } = await start();
    const { url } = await start({ flags: ['--replicaof', '127.0.0.1', String(port)] });
    await expect(opening(url)).rejects.toMatchObject({ code: 'READ_STORE_READ_ONLY' });
  });

  it('reports that no server answers', async () => {
    const server = await start();
    await server.kill();
    await expect(opening(server.url)).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
  });

  it('explains a refused user without showing a password', async () => {
    const { port } = await start({ flags: ['--requirepass', 'right-secret'] });
    const refusals = [
      await opening(`redis://127.0.0.1:${port}`).catch((error: unknown) => error),
      await opening(`redis://:wrong-secret@127.0.0.1:${port}`).catch((error: unknown) => error),
    ];
    await ask(
      `redis://127.0.0.1:${port}`,
      ['AUTH', 'right-secret'],
      ['ACL', 'SETUSER', 'reader', 'on', '>read-secret', '~*', '+@read', '+info', '+ping'],
    );
    const store = await RedisReadStore.open({ url: `redis://reader:read-secret@127.0.0.1:${port}` });
    const claim = { projection: 'p', fingerprint: 'f', partition: 0, owner: 'o', durationMs: 60_000 };
    refusals.push(await store.claimLease(claim).catch((error: unknown) => error));
    await store.close();
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'READ_STORE_PERMISSION_DENIED' });
      const { message, cause } = refusal as Error;
      expect(`${message} ${JSON.stringify(cause)} ${String((cause as Error).stack)}`).not.toContain('secret');
    }
  });
});
