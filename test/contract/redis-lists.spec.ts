// The lists of projections and collections are in two hash slots and can be lost separately: a projector's look
// restores either.
import type { Incarnation, Position } from '@mainstem/event-store';
import type { DocumentClass } from '@mainstem/projection';
import { EMPTY_DIGEST, type ProjectionDescriptor } from '@mainstem/projection/adapter';
import type { RedisReadStore } from '@mainstem/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RespClient, type Reply, type RespCommand } from '../fixtures/resp-client.js';
import { redisFixture, redisUrl, type RedisFixture } from './redis-fixtures.js';

const projectionOf = (name: string, ...collections: readonly string[]): ProjectionDescriptor => ({
  name,
  version: 1,
  fingerprint: 'f',
  collections: collections.map((collection) => ({ name: collection, document: Object as DocumentClass, hasState: false })),
});
const projection = projectionOf('orders', 'orders', 'customers');

describe.skipIf(redisUrl === undefined)('a list in Redis that was lost', () => {
  let fixture: RedisFixture;
  let store: RedisReadStore;

  const onServer = async (...command: RespCommand): Promise<Reply> => {
    const client = await RespClient.connect(redisUrl ?? '');
    return client.send(command).finally(() => client.close());
  };

  beforeEach(async () => {
    fixture = redisFixture(redisUrl ?? '');
    store = await fixture.open();
    await store.createGeneration(projection, 'i' as Incarnation);
    const session = await store.open(projection, 1);
    const changes = ['orders', 'customers'].map((collection) => ({ collection, upserts: new Map([['a', { collection }]]), deletes: [] }));
    await session.commit({ changes, checkpoint: { from: undefined, to: 1n as Position, digest: EMPTY_DIGEST } });
  });
  afterEach(() => fixture.remove());

  it.each<[string, readonly [command: string, list: string, ...fields: readonly string[]]]>([
    ['that of projections', ['DEL', 'projections']],
    ['that of collections', ['DEL', 'collections']],
    ['one collection', ['HDEL', 'collections', 'customers']],
  ])('is there again for processes that start after the next look: %s', async (_, [command, list, ...fields]) => {
    await onServer(command, `${fixture.prefix}${list}`, ...fields);
    expect(await store.generations()).toMatchObject([{ projection: 'orders', state: 'serving' }]);
    const started = await fixture.open();
    expect(await started.generations()).toMatchObject([{ projection: 'orders', state: 'serving' }]);
    for (const collection of ['orders', 'customers']) expect(await started.get(collection, 'a')).toEqual({ value: { collection }, position: 1n });
  });

  it('leaves a collection to the projection that it has gone over to', async () => {
    await onServer('HSET', `${fixture.prefix}collections`, 'customers', 'others');
    await onServer('HDEL', `${fixture.prefix}collections`, 'orders');
    await onServer('DEL', `${fixture.prefix}projections`);
    await store.generations();
    expect(await onServer('HMGET', `${fixture.prefix}collections`, 'orders', 'customers')).toEqual(['orders', 'others']);
  });

  it('stays without a projection that another process has forgotten, and without its collections', async () => {
    const other = await fixture.open();
    await other.forget('orders');
    expect(await store.generations()).toEqual([]);
    expect(await other.projections()).toEqual([]);
    const renamed = projectionOf('purchases', 'orders', 'customers');
    expect(await other.createGeneration(renamed, 'i' as Incarnation)).toMatchObject({ projection: 'purchases', state: 'serving' });
    expect(await store.generations()).toMatchObject([{ projection: 'purchases' }]);
    expect(await other.projections()).toEqual(['purchases']);
  });

  it('stays without a projection that another process forgets while it is opened', async () => {
    const other = await fixture.open();
    const connection: object = store['connection'];
    const run = (Reflect.get(connection, 'run') as (...request: unknown[]) => Promise<unknown>).bind(connection);
    let steps = 0;
    Reflect.set(connection, 'run', async (...request: unknown[]) => {
      const reply = await run(...request);
      if (++steps === 1) await other.forget('orders');
      return reply;
    });
    await expect(store.open(projection, 1)).rejects.toMatchObject({ code: 'READ_STORE_UNKNOWN_GENERATION' });
    expect(await other.projections()).toEqual([]);
  });

  it('stays without a collection that the only generation with it was deleted with', async () => {
    const other = await fixture.open();
    const smaller = { ...projectionOf('orders', 'orders'), fingerprint: 'g' };
    await other.createGeneration(smaller, 'i' as Incarnation);
    await other.promote('orders', 2, { isForced: true });
    await other.dropGeneration('orders', 1);
    expect(await store.generations()).toMatchObject([{ number: 2 }]);
    expect(await onServer('HMGET', `${fixture.prefix}collections`, 'orders', 'customers')).toEqual(['orders', null]);
  });
});
