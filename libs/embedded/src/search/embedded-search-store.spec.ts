// Promises of the embedded full-text index beyond the search contract.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Incarnation, position } from '@mainstem/event-store';
import type { DocumentClass, SearchCollections } from '@mainstem/projection';
import type { CollectionDescriptor, ProjectionDescriptor, ProjectionDocument, ReadStoreSession } from '@mainstem/projection/adapter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedSearchStore } from './embedded-search-store.js';

const INCARNATION = '0b0f6a3e-6f0f-4c5e-9a51-3f6a2f1f7a10' as Incarnation;
const products: CollectionDescriptor = { name: 'products', document: Object as DocumentClass, hasState: true };
const projection: ProjectionDescriptor = { name: 'products', version: 1, fingerprint: 'f'.repeat(16), collections: [products] };
const TEXT = { products: { text: ['title', 'tags'] } };

let dir: string;
let store: EmbeddedSearchStore;
let session: ReadStoreSession;
let place = 0n;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mainstem-search-'));
  place = 0n;
  await openStore(TEXT);
});

afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const openStore = async (collections: SearchCollections): Promise<void> => {
  store = await EmbeddedSearchStore.open({ dir, collections });
  const [found] = await store.generations(projection.name);
  const generation = found ?? (await store.createGeneration(projection, INCARNATION));
  session = await store.open(projection, generation.number);
};

const write = async (upserts: Readonly<Record<string, ProjectionDocument>>, deletes: readonly string[] = []): Promise<void> => {
  const from = place === 0n ? undefined : position(place);
  const to = position(++place);
  const changes = [{ collection: 'products', upserts: new Map(Object.entries(upserts)), deletes }];
  await session.commit({ changes, checkpoint: { from, to, digest: '0'.repeat(16) } });
};

const keys = async (query: string, isPrefix = false): Promise<readonly string[]> => {
  const { items, total } = await store.search('products', { query, limit: 1_000, isPrefix });
  expect(total).toBe(items.length);
  return items.map(({ key }) => key).sort();
};

describe('the embedded full-text index', () => {
  it('ranks after many changes like an index that was filled at once', async () => {
    const titles = ['red lamp', 'red red lamp shade', 'lamp', 'blue lamp with a red shade', 'green cup', 'red', 'blue cup'];
    const document = (index: number): ProjectionDocument => ({ title: titles[index % titles.length] });
    for (let round = 1; round <= 5; round++) {
      await write(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, document(index * round + round)])));
    }
    await write({}, ['k1', 'k2']);
    const grown = await store.search('products', { query: 'red lamp', limit: 100 });
    const last = await session.load(
      'products',
      Array.from({ length: 40 }, (_, index) => `k${index}`),
    );
    await store.close();
    await rm(dir, { recursive: true });
    place = 0n;
    await openStore(TEXT);
    await write(Object.fromEntries(last));
    const filled = await store.search('products', { query: 'red lamp', limit: 100 });

    expect(grown.items.map(({ key, score }) => [key, score])).toEqual(filled.items.map(({ key, score }) => [key, score]));
    expect(grown.total).toBeGreaterThan(5);
  });

  it('shows a long text around its first hit', async () => {
    await write({ a: { title: `${'before '.repeat(1_000)}lamp ${'after '.repeat(1_000)}` } });
    const [item] = (await store.search('products', { query: 'lamp', limit: 1 })).items;

    expect(item?.highlight).toMatch(/^….*<mark>lamp<\/mark>.*…$/);
    expect(item?.highlight.length).toBeLessThan(700);
  });

  it('stores documents without searched fields', async () => {
    await store.close();
    await openStore({});
    await write({ a: { title: 'lamp' }, b: { title: 'cup' } }, []);
    await write({ a: { title: 'light' } }, ['b']);

    expect(await store.get('products', 'a')).toEqual({ title: 'light' });
    expect(await keys('light')).toEqual([]);
    await store.close();
    await openStore(TEXT);
    expect(await keys('light')).toEqual(['a']);
  });

  it('makes the index anew when the declared fields change', async () => {
    await write({ a: { title: 'lamp', note: 'shiny' } });
    expect(await keys('shiny')).toEqual([]);
    await store.close();
    await openStore({ products: { text: ['note'] } });

    expect(await keys('shiny')).toEqual(['a']);
    expect(await keys('lamp')).toEqual([]);
    await write({ a: { title: 'lamp', note: 'dull' } });
    expect(await keys('shiny')).toEqual([]);
  });

  it.each<SearchCollections>([
    { products: { text: ['title', 'title'] } },
    { products: { text: ['title'], weights: { tags: 1 } } },
    { products: { text: ['title'], weights: { title: 0 } } },
  ])('refuses options that cannot work: %o', async (collections) => {
    await expect(EmbeddedSearchStore.open({ dir, collections })).rejects.toMatchObject({ code: 'PROJECTION_INVALID_DEFINITION' });
  });
});
