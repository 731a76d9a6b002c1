// The embedded full-text index on real data: one document for each product, against independently computed results.
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { EmbeddedSearchStore } from '@mainstem/embedded';
import { type Incarnation, position } from '@mainstem/event-store';
import type { DocumentClass } from '@mainstem/projection';
import type { ProjectionDescriptor } from '@mainstem/projection/adapter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Product {
  readonly sku: string;
  readonly descriptions: readonly string[];
}

const DATA = join(import.meta.dirname, '../../data/online-retail');
const LINE = /^\{"seq":\d+,"stream":"[^"]+","type":"(OrderLineAdded|CreditLineAdded)"/;
const projection: ProjectionDescriptor = {
  name: 'product-search',
  version: 1,
  fingerprint: 'f'.repeat(16),
  collections: [{ name: 'product-search', document: Object as DocumentClass, hasState: false }],
};

const readProducts = async (): Promise<ReadonlyMap<string, Product>> => {
  const descriptions = new Map<string, Set<string>>();
  const lines = createInterface({ input: createReadStream(join(DATA, 'events.ndjson.gz')).pipe(createGunzip()), crlfDelay: Infinity });
  for await (const line of lines) {
    if (!LINE.test(line)) continue;
    const { data } = JSON.parse(line) as { data: { sku: string; description: string } };
    let known = descriptions.get(data.sku);
    if (!known) descriptions.set(data.sku, (known = new Set()));
    known.add(data.description);
  }
  return new Map([...descriptions].map(([sku, distinct]) => [sku, { sku, descriptions: [...distinct] }]));
};

/** The data set's own definition: lower case, split at everything but a-z and 0-9, all words as whole words. */
class Reference {
  readonly words = new Map<string, Set<string>>();

  constructor(products: ReadonlyMap<string, Product>) {
    for (const { sku, descriptions } of products.values()) {
      for (const word of descriptions.flatMap(wordsOf)) this.words.set(word, (this.words.get(word) ?? new Set()).add(sku));
    }
  }

  matching(query: string): readonly string[] {
    const [first = new Set<string>(), ...others] = wordsOf(query).map((word) => this.words.get(word) ?? new Set<string>());
    return [...first].filter((sku) => others.every((skus) => skus.has(sku))).sort();
  }
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];

describe('the embedded full-text index on the online-retail data', () => {
  let dir: string;
  let store: EmbeddedSearchStore;
  let products: ReadonlyMap<string, Product>;

  beforeAll(async () => {
    products = await readProducts();
    dir = await mkdtemp(join(tmpdir(), 'mainstem-retail-'));
    store = await EmbeddedSearchStore.open({ dir, collections: { 'product-search': { text: ['descriptions'] } } });
    const { number } = await store.createGeneration(projection, 'online-retail' as Incarnation);
    const session = await store.open(projection, number);
    const changes = [{ collection: 'product-search', upserts: products, deletes: [] }];
    await session.commit({ changes, checkpoint: { from: undefined, to: position(565_708n), digest: '0'.repeat(16) } });
  });

  afterAll(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });

  const found = async (query: string): Promise<readonly string[]> => {
    const { items, total } = await store.search<Product>('product-search', { query, limit: 1_000 });
    expect(total).toBeGreaterThanOrEqual(items.length);
    return total > 1_000 ? [] : items.map(({ key }) => key).sort();
  };

  it('finds exactly the products that were found independently', async () => {
    const { search } = JSON.parse(await readFile(join(DATA, 'expected.json'), 'utf8')) as {
      search: Record<string, { count: number; skus: string[] }>;
    };

    expect(products.size).toBe(3_937);
    expect(Object.keys(search).length).toBeGreaterThan(0);
    for (const [query, { count, skus }] of Object.entries(search)) {
      const { total } = await store.search('product-search', { query, limit: 1_000 });
      expect([query, total]).toEqual([query, count]);
      expect((await found(query)).slice(0, skus.length)).toEqual(skus);
    }
  });

  it('agrees with the definition of the data set on every word and every fifth description', async () => {
    const reference = new Reference(products);
    const descriptions = [...products.values()].flatMap((product) => product.descriptions);
    const queries = [...reference.words.keys(), ...descriptions.filter((_, index) => index % 5 === 0)];
    for (const query of queries) {
      const expected = reference.matching(query);
      if (expected.length <= 1_000) expect([query, await found(query)]).toEqual([query, expected]);
    }
    expect(reference.words.size).toBeGreaterThan(2_000);
  });

  it('shows each hit with its words marked and its text escaped', async () => {
    const { items } = await store.search<Product>('product-search', { query: 'white metal lantern', limit: 10 });

    expect(items.map(({ key, highlight }) => [key, highlight])).toEqual([['71053', '<mark>WHITE</mark> <mark>METAL</mark> <mark>LANTERN</mark>']]);
  });
});
