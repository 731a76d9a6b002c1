// Search on OpenSearch: only a setting changes.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshPrefix, removeIndices, sharedNode } from '../../contract/opensearch-nodes.js';
import { expectFigures, SAMPLE_FILE, sampleFigures } from './expected.js';
import { everyPage } from './pages.js';
import { RunningShop } from './running-shop.js';

const QUERIES = ['red', 'heart', 'white heart', 'set of 3', 'lantern metal white', 'nothing like it', "children's"];

interface Line {
  readonly type: string;
  readonly data: { readonly sku: string; readonly description: string };
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];

/**
 * The SKUs that a query must find, by the data's own definition: all words, as whole words, in any description of a
 * line.
 */
const reference = async (): Promise<(query: string) => readonly string[]> => {
  const words = new Map<string, Set<string>>();
  for (const text of (await readFile(SAMPLE_FILE, 'utf8')).trim().split('\n')) {
    const { type, data } = JSON.parse(text) as Line;
    if (type !== 'OrderLineAdded' && type !== 'CreditLineAdded') continue;
    const known = words.get(data.sku) ?? new Set();
    for (const word of wordsOf(data.description)) known.add(word);
    words.set(data.sku, known);
  }
  return (query) => [...words].flatMap(([sku, known]) => (wordsOf(query).every((word) => known.has(word)) ? [sku] : [])).sort();
};

const url = await sharedNode();

describe.skipIf(url === undefined)('the sample with search on OpenSearch', () => {
  const prefix = freshPrefix();
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'mainstem-opensearch-'))));
  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
    await removeIndices(url ?? '', prefix);
  });

  it('finds what the data says, and shows a write to each client that asks for its position', async () => {
    const env = { READ_STORE_SEARCH: `${url}?prefix=${prefix}&replicas=0` };
    await using shop = await RunningShop.open({ dir, data: SAMPLE_FILE, env });
    const position = (await shop.fetch('/api/totals')).headers.get('Mainstem-Position') ?? '';
    const first = await shop.fetch(`/api/search/products?q=heart&minPosition=${position}`);
    expect(BigInt(first.headers.get('Mainstem-Position') ?? '')).toBeGreaterThanOrEqual(BigInt(position));
    await expectFigures(shop, sampleFigures);
    const expected = await reference();
    for (const query of QUERIES) {
      const found = await everyPage(shop, `search/products?q=${encodeURIComponent(query)}`, 20);
      expect(found.map((hit) => (hit as { sku: string }).sku).sort(), query).toEqual(expected(query));
    }
    const [sku] = expected('heart');
    expect(await everyPage(shop, `search/products?q=heart&sku=${sku}`, 20)).toMatchObject([
      { sku, highlight: expect.stringContaining('<mark>HEART</mark>') },
    ]);
  });
});
