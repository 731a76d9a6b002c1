// Products rebuilt into OpenSearch, as `mainstem rebuild` does it.
import { products } from '#apps/sql-projector/src/products.projection.js';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { OpenSearchReadStore } from '@mainstem/opensearch';
import { Rebuilder } from '@mainstem/projection';
import { expectSame, measured, type Job } from '../job.js';
import { deleteIndices, indexPrefix, openSearchUrl } from '../opensearch-indices.js';

export const productsOnOpenSearch: Job = async ({ eventsDir, events }) => {
  const url = openSearchUrl();
  const prefix = indexPrefix();
  const store = await OpenSearchReadStore.open({ url, prefix, replicas: 0 }, { collections: { products: { text: ['description'] } } });
  const reader = await EmbeddedEventStore.open({ dir: eventsDir, isReadOnly: true });
  try {
    return await measured(async () => {
      const { projections } = await new Rebuilder({ reader, projections: [{ projection: products, store }], followMs: 0 }).run();
      for (const { projection, outcome, reason } of projections) expectSame(`${projection} (${reason ?? 'no reason'})`, outcome, 'promoted');
      return events;
    });
  } finally {
    await reader.close();
    await store.close();
    await deleteIndices(url, prefix);
  }
};
