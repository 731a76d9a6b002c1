// One definition on two read stores of the same kind in one projector: each has its own name, which is used everywhere.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import { defineEvents, eventIdOf, InMemoryEventStore, streamName } from '@mainstem/event-store';
import { OpenSearchReadStore } from '@mainstem/opensearch';
import { documentProjection, Projector, type ReadStore } from '@mainstem/projection';
import { RedisReadStore } from '@mainstem/redis';
import { SqlReadStore } from '@mainstem/sql';
import { Allow } from 'class-validator';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshPrefix, removeIndices, sharedNode } from './opensearch-nodes.js';
import { redisFixture, redisUrl } from './redis-fixtures.js';
import { postgresFixture, withPostgres } from './sql-fixtures.js';

const TIMEOUT = { timeoutMs: 30_000 };

@Entity('visits')
class Visits {
  @PrimaryColumn('text') site!: string;
  @Column('integer') count!: number;
}
class Visited {
  @Allow() by!: string;
}
const siteEvents = defineEvents('site', { Visited });
const visits = documentProjection({
  name: 'visits',
  version: 1,
  document: Visits,
  events: [siteEvents],
  key: ({ stream }) => stream,
  evolve: { Visited: (before, _, site) => ({ site, count: (before?.count ?? 0) + 1 }) },
});

interface Kind {
  readonly open: (name: string) => Promise<ReadStore>;
  readonly remove: () => Promise<unknown>;
}

const inFolders = async (open: (dir: string, name: string) => Promise<ReadStore>): Promise<Kind> => {
  const dir = await mkdtemp(join(tmpdir(), 'mainstem-one-kind-'));
  return { open: (name) => open(join(dir, name), name), remove: () => rm(dir, { recursive: true }) };
};
const onPostgres = async (): Promise<Kind> => {
  const fixtures = [await postgresFixture(), await postgresFixture()];
  const open = (name: string) => SqlReadStore.open(fixtures[name === 'archive' ? 1 : 0]?.location ?? { dir: '' }, { entities: [Visits], name });
  return { open, remove: () => Promise.all(fixtures.map(({ remove }) => remove())) };
};
const onRedis = async (url: string): Promise<Kind> => {
  const fixtures = [redisFixture(url), redisFixture(url)];
  const open = (name: string) => RedisReadStore.open({ url: fixtures[name === 'archive' ? 1 : 0]?.url ?? '' }, { name });
  return { open, remove: () => Promise.all(fixtures.map(({ remove }) => remove())) };
};
const onOpenSearch = async (url: string): Promise<Kind> => {
  const prefix = freshPrefix();
  const open = (name: string) => OpenSearchReadStore.open({ url, prefix: `${prefix}_${name}`, replicas: 0 }, { name });
  return { open, remove: () => Promise.all(['first', 'archive'].map((name) => removeIndices(url, `${prefix}_${name}`))) };
};

const url = await sharedNode();
const kinds: readonly (readonly [kind: string, make: () => Promise<Kind>])[] = [
  ['SQLite', () => inFolders((dir, name) => SqlReadStore.open({ dir }, { entities: [Visits], name }))],
  ['embedded cache', () => inFolders((dir, name) => EmbeddedCacheStore.open({ dir, name }))],
  ['embedded full-text index', () => inFolders((dir, name) => EmbeddedSearchStore.open({ dir, name }))],
  ...((await withPostgres()) ? [['PostgreSQL', onPostgres] as const] : []),
  ...(redisUrl === undefined ? [] : [['Redis', () => onRedis(redisUrl ?? '')] as const]),
  ...(url === undefined ? [] : [['OpenSearch', () => onOpenSearch(url)] as const]),
];

describe.each(kinds)('two read stores on %s', (_, make) => {
  let kind: Kind;
  let stores: readonly ReadStore[];
  beforeAll(async () => {
    kind = await make();
    stores = [await kind.open('first'), await kind.open('archive')];
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await kind.remove();
  });

  it('are filled by one definition in one projector, each with a status of its own', async () => {
    const reader = new InMemoryEventStore();
    const stream = streamName('site-a');
    const events = [1, 2, 3].map((number) => ({ id: eventIdOf('c', stream, number), type: 'Visited', data: { by: 'x' }, metadata: {} }));
    const { position } = await reader.append(stream, events, { expectedRevision: 'no-stream' });
    const projector = new Projector({ reader, projections: stores.map((store) => ({ projection: visits, store })) });
    projector.start();
    try {
      await projector.waitFor('visits', position, TIMEOUT);
      expect(projector.status().map(({ projection, store, position: at }) => ({ projection, store, at }))).toEqual([
        { projection: 'visits', store: 'first', at: position },
        { projection: 'visits', store: 'archive', at: position },
      ]);
      await expect(projector.replayParked('visits')).rejects.toMatchObject({ code: 'PROJECTION_AMBIGUOUS' });
      expect(await projector.replayParked('visits', { store: 'archive' })).toMatchObject({ replayed: 0 });
    } finally {
      await projector.stop();
    }
    for (const store of stores)
      expect(await store.scan('visits', 1, 'visits', { limit: 9 })).toEqual([['site-a', expect.objectContaining({ count: 3 })]]);
  });

  it('tell what is wrong with their names', async () => {
    const closed = await kind.open('archive');
    await closed.close();
    await expect(closed.generations()).rejects.toThrow(/Read store archive: /);
  });

  it.each(['', 'Archive', 'two words', '9th', 'a'.repeat(64), 'a\u001B[2J'])('are not called %j', async (name) => {
    await expect(kind.open(name)).rejects.toMatchObject({ code: 'READ_STORE_INVALID_OPTIONS' });
  });
});
