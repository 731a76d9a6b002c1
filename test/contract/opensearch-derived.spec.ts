// A query on OpenSearch uses words and filters beside the documents: `verify` names those that differ from their
// document.
import { defineEvents, InMemoryEventStore, streamOf, type EventId } from '@mainstem/event-store';
import { documentProjection, Projector } from '@mainstem/projection';
import { verifyProjection, type VerifyReport } from '@mainstem/projection/operate';
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { randomUUID } from 'node:crypto';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeBeside, freshPrefix, openStore, removeIndices, sharedNode } from './opensearch-nodes.js';

const READY_MS = 60_000;
const ITEMS = 20;

class NamedData {
  @IsString() title!: string;
  @IsString() color!: string;
}
class Item {
  title!: string;
  color!: string;
}
const itemEvents = defineEvents('item', { Named: NamedData });
const items = documentProjection({
  name: 'items',
  version: 1,
  document: Item,
  events: [itemEvents],
  key: (event) => event.stream,
  evolve: { Named: (_, { data }) => ({ title: data.title, color: data.color }) },
});

const url = await sharedNode();

describe.skipIf(url === undefined)('what is searched on OpenSearch', () => {
  const node = url ?? '';
  const events = new InMemoryEventStore();
  let prefix: string;
  let store: OpenSearchReadStore;

  beforeAll(async () => {
    for (let number = 0; number < ITEMS; number++) {
      const data = { title: `white lamp ${number}`, color: number % 2 === 0 ? 'Red' : 'Blue' };
      await events.append(streamOf('item', String(number)), [{ type: 'Named', data, id: randomUUID() as EventId, metadata: {} }], {
        expectedRevision: 'any',
      });
    }
  });
  beforeAll(async () => {
    prefix = freshPrefix();
    store = await openStore(node, prefix, { collections: { items: { text: ['title'], filters: ['color'] } } });
    const projector = new Projector({ reader: events, projections: [{ projection: items, store }] });
    projector.start();
    await projector.waitFor('items', (await events.head()) ?? expect.fail('no events'), { timeoutMs: READY_MS });
    await projector.stop();
  }, READY_MS);
  afterAll(async () => {
    await store.close();
    await removeIndices(node, prefix);
  }, READY_MS);

  const verified = (): Promise<VerifyReport> => verifyProjection({ reader: events, hosted: { projection: items, store } });
  const found = async (query: string, color?: string): Promise<number> =>
    (await store.search('items', { query, limit: 1, ...(color !== undefined && { filters: { color } }) })).total;

  it('is named by `verify` where it is not what its document gives, and only there', { timeout: READY_MS }, async () => {
    expect(await verified()).toMatchObject({ isSame: true, differences: [] });
    const alias = `${prefix}-items-g1`;
    await changeBeside(node, alias, 'items/item-3', { words: { '0_0': 'black lamp 3' } });
    await changeBeside(node, alias, 'items/item-4', { filters: { '0_0': ['Green'] } });
    await fetch(`${node}/${alias}/_refresh`, { method: 'POST' });
    // The documents are as they were, and queries are wrong.
    expect([await found('black'), await found('white'), await found('lamp', 'Green')]).toEqual([1, ITEMS - 1, 1]);
    expect(await store.get('items', 'item-3')).toEqual({ title: 'white lamp 3', color: 'Blue' });

    const { isSame, documentsCompared, documentsDiffering, differences } = await verified();
    expect({ isSame, documentsCompared, documentsDiffering }).toEqual({ isSame: false, documentsCompared: ITEMS, documentsDiffering: 2 });
    const place = { store: 'search', projection: 'items', collection: 'items', kind: 'derived' };
    expect(differences).toEqual([
      { ...place, key: 'item-3', field: 'words', stored: { '0_0': 'black lamp 3' }, expected: { '0_0': 'white lamp 3' } },
      { ...place, key: 'item-4', field: 'filters', stored: { '0_0': ['Green'] }, expected: { '0_0': ['Red'] } },
    ]);
  });
});
