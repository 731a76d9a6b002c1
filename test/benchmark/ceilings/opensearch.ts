// Products into OpenSearch by hand: one read, folds in a map, raw requests of 5,000 documents, two in flight, no refresh until the end.
import { products } from '#apps/sql-projector/src/products.projection.js';
import { Agent, request } from 'node:http';
import { expectSame, measured, type Job } from '../job.js';
import { deleteIndices, indexPrefix, openSearchUrl } from '../opensearch-indices.js';
import { namesIn, openEvents, pagesOf } from './event-source.js';
import { foldOf } from './folds.js';
import { liveEvents } from './live-event.js';

const DOCUMENTS_PER_REQUEST = 5_000;
const IN_FLIGHT = 2;
const BATCH_EVENTS = 10_000;
const DEFINITION = JSON.stringify({
  settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' },
  mappings: { dynamic: false, properties: { sku: { type: 'keyword' }, description: { type: 'text' } } },
});

const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });

const send = (method: string, path: string, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-ndjson', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(openSearchUrl() + path, { method, agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('end', () => ((answer.statusCode ?? 500) < 300 ? resolve(text) : reject(new Error(text))));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

export const productsOnOpenSearch: Job = async ({ eventsDir, events }) => {
  const database = openEvents(eventsDir);
  const types = namesIn(database, 'types');
  const index = indexPrefix();
  await send('PUT', `/${index}`, DEFINITION);
  const write = async (lines: string): Promise<void> => {
    expectSame('errors', (JSON.parse(await send('POST', `/${index}/_bulk`, lines)) as { errors: boolean }).errors, false);
  };
  const fold = foldOf(products, () => 'sku');
  try {
    return await measured(async () => {
      const streams = namesIn(database, 'streams');
      for (const page of pagesOf(database, BATCH_EVENTS)) {
        const requests: string[] = [];
        let lines = '';
        let count = 0;
        for (const [key, row] of (await fold(liveEvents(page, streams, types))).get('products') ?? []) {
          lines += `{"index":{"_id":${JSON.stringify(key)}}}\n${JSON.stringify(row)}\n`;
          if (++count % DOCUMENTS_PER_REQUEST !== 0) continue;
          requests.push(lines);
          lines = '';
        }
        if (lines !== '') requests.push(lines);
        for (let start = 0; start < requests.length; start += IN_FLIGHT) await Promise.all(requests.slice(start, start + IN_FLIGHT).map(write));
        await write(`{"index":{"_id":"checkpoint"}}\n{"position":"${String(page.at(-1)?.[0] ?? 0)}"}\n`);
      }
      await send('POST', `/${index}/_refresh`, '');
      return events;
    });
  } finally {
    database.close();
    await deleteIndices(openSearchUrl(), index);
  }
};
