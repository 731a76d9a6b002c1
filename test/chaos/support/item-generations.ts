// A read model on OpenSearch with generations that the test fills, promotes and deletes, also with held requests.
import { InMemoryEventStore, isMainstemError, type Position } from '@mainstem/event-store';
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { EMPTY_DIGEST, type ProjectionDescriptor, type ReadStoreSession } from '@mainstem/projection/adapter';
import { freshPrefix, openStore, removeIndices } from '../../contract/opensearch-nodes.js';
import { holdRequests } from './held-requests.js';

export const items: ProjectionDescriptor = {
  name: 'items',
  version: 1,
  fingerprint: 'f'.repeat(16),
  collections: [{ name: 'items', document: Object as never, hasState: false }],
};
const options = { collections: { items: { text: ['title'] } } };
const { incarnation } = new InMemoryEventStore();
const placeOf = (place: number): Position => BigInt(place) as Position;

export const commit = (session: ReadStoreSession, from: number, to: number): Promise<void> => {
  const changes = [{ collection: 'items', upserts: new Map([['a', { title: `lamp ${to}` }]]), deletes: [] }];
  return session.commit({ changes, checkpoint: { from: from === 0 ? undefined : placeOf(from), to: placeOf(to), digest: EMPTY_DIGEST } });
};

/** The position of what queries see. */
export const shown = async (store: OpenSearchReadStore): Promise<bigint> => {
  await store.makeVisible(['items']);
  return (await store.search('items', { query: 'lamp', limit: 1 })).position ?? 0n;
};

export const servingIn = async (store: OpenSearchReadStore): Promise<readonly number[]> =>
  (await store.generations('items')).filter(({ state }) => state === 'serving').map(({ number }) => number);

/** A generation that can be promoted. */
export const filled = async (store: OpenSearchReadStore, position: number): Promise<number> => {
  const { number } = await store.createGeneration(items, incarnation, { isBulk: true });
  const filling = await store.open(items, number);
  await commit(filling, 0, position);
  await filling.finishBulk();
  return number;
};

/** `work` with a store whose first generation serves, at position 1. */
export const withServing = async (node: string, work: (store: OpenSearchReadStore, prefix: string) => Promise<void>): Promise<void> => {
  const prefix = freshPrefix();
  const store = await openStore(node, prefix, options);
  try {
    await store.createGeneration(items, incarnation);
    await commit(await store.open(items, 1), 0, 1);
    await work(store, prefix);
  } finally {
    await store.close();
    await removeIndices(node, prefix);
  }
};

export interface SlowWay {
  readonly node: string;
  readonly prefix: string;
  /** Awaited before each request; it gets method and path. */
  readonly before: (request: string) => Promise<void>;
}

/** `work` with a store of its own on that way. */
export const slowly = async <Result>({ node, prefix, before }: SlowWay, work: (store: OpenSearchReadStore) => Promise<Result>): Promise<Result> => {
  await using held = await holdRequests(node, before);
  const store = await openStore(held.url, prefix, options);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

/** `done`, or the code of the error that it ends with. Errors: those without a code. */
export const outcomeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (isMainstemError(error) ? error.code : Promise.reject(error as Error)),
  );
