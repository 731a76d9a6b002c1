// Documents in OpenSearch: raw requests of 5,000 documents, two in flight, no refresh until the end.
import { searchCollections } from '#apps/read-models/src/search/search-collections.js';
import { Agent, request } from 'node:http';
import type { SearchCollections } from '@mainstem/projection';
import { expectSame } from '../job.js';
import { deleteIndices, indexPrefix, openSearchUrl } from '../opensearch-indices.js';
import type { BatchTarget } from './batch-target.js';
import type { Changes } from './folds.js';

const DOCUMENTS_PER_REQUEST = 5_000;
const IN_FLIGHT = 2;

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

/** One index for all; `searched`: text and filters by collection. */
export const openSearchTarget = async (searched: SearchCollections = searchCollections): Promise<BatchTarget> => {
  const index = indexPrefix();
  const fields = Object.values(searched).flatMap(({ text, filters = [] }) => [
    ...text.map((name) => [name, { type: 'text' }] as const),
    ...filters.map((name) => [name, { type: 'keyword' }] as const),
  ]);
  const properties = { collection: { type: 'keyword' }, ...Object.fromEntries(fields) };
  const settings = { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' };
  await send('PUT', `/${index}`, JSON.stringify({ settings, mappings: { dynamic: false, properties } }));
  const write = async (lines: string): Promise<void> => {
    expectSame('errors', (JSON.parse(await send('POST', `/${index}/_bulk`, lines)) as { errors: boolean }).errors, false);
  };
  return {
    write: async (changes, position) => {
      const requests = requestsOf(changes);
      for (let start = 0; start < requests.length; start += IN_FLIGHT) await Promise.all(requests.slice(start, start + IN_FLIGHT).map(write));
      await write(`{"index":{"_id":"checkpoint"}}\n{"position":"${position}"}\n`);
    },
    finish: async () => void (await send('POST', `/${index}/_refresh`, '')),
    count: async (collection) => {
      const answer = await send('POST', `/${index}/_count`, JSON.stringify({ query: { term: { collection } } }));
      return (JSON.parse(answer) as { count: number }).count;
    },
    close: () => deleteIndices(openSearchUrl(), index),
  };
};

const requestsOf = (changes: readonly Changes[]): readonly string[] => {
  const requests: string[] = [];
  let lines = '';
  let count = 0;
  for (const [collection, rows] of changes.flatMap((changed) => [...changed])) {
    for (const [key, row] of rows) {
      const id = JSON.stringify(`${collection}/${key}`);
      lines += row ? `{"index":{"_id":${id}}}\n{"collection":"${collection}",${JSON.stringify(row).slice(1)}\n` : `{"delete":{"_id":${id}}}\n`;
      if (++count % DOCUMENTS_PER_REQUEST !== 0) continue;
      requests.push(lines);
      lines = '';
    }
  }
  if (lines !== '') requests.push(lines);
  return requests;
};
