// The OpenSearch read store, under a prefix of its own.
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { openStore, removeIndices, sharedNode } from '../../contract/opensearch-nodes.js';
import type { StoreUnderTest } from './store-under-test.js';
import type { Tally } from './told-documents.js';

const url = process.env['OPENSEARCH_URL'] ?? 'http://127.0.0.1:9200';

export const store: StoreUnderTest = {
  open: ({ scope }) => openStore(url, scope, { collections: { tallies: { text: ['last'] } } }),
  remove: ({ scope }) => removeIndices(url, scope),
  readTally: async (opened, _stream, word) => {
    const { items, position } = await (opened as OpenSearchReadStore).search<Tally>('tallies', { query: word, limit: 1 });
    return { value: items[0]?.document, position };
  },
  isThere: async () => (await sharedNode()) !== undefined,
};
