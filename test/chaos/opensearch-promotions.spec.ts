// A promotion on OpenSearch is several steps. Whoever opens what serves between two of them does not make queries go back behind what they have shown.
import { InMemoryEventStore, type Position } from '@mainstem/event-store';
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { EMPTY_DIGEST, type ProjectionDescriptor, type ReadStoreSession } from '@mainstem/projection';
import { describe, expect, it } from 'vitest';
import { freshPrefix, openStore, removeIndices, sharedNode } from '../contract/opensearch-nodes.js';
import { holdRequests } from './support/held-requests.js';

const TIMEOUT_MS = 120_000;
const items: ProjectionDescriptor = {
  name: 'items',
  version: 1,
  fingerprint: 'f'.repeat(16),
  collections: [{ name: 'items', document: Object as never, hasState: false }],
};
const placeOf = (place: number): Position => BigInt(place) as Position;

const commit = (session: ReadStoreSession, from: number, to: number): Promise<void> => {
  const changes = [{ collection: 'items', upserts: new Map([['a', { title: `lamp ${to}` }]]), deletes: [] }];
  return session.commit({ changes, checkpoint: { from: from === 0 ? undefined : placeOf(from), to: placeOf(to), digest: EMPTY_DIGEST } });
};

const url = await sharedNode();

describe.skipIf(url === undefined)('a promotion on OpenSearch', () => {
  const node = url ?? '';
  const { incarnation } = new InMemoryEventStore();
  const options = { collections: { items: { text: ['title'] } } };

  const shown = async (store: OpenSearchReadStore): Promise<bigint> => {
    await store.makeVisible(['items']);
    return (await store.search('items', { query: 'lamp', limit: 1 })).position ?? 0n;
  };

  /** A generation that can be promoted. */
  const filled = async (store: OpenSearchReadStore, position: number): Promise<number> => {
    const { number } = await store.createGeneration(items, incarnation, { isBulk: true });
    const filling = await store.open(items, number);
    await commit(filling, 0, position);
    await filling.finishBulk();
    return number;
  };

  /** `work` with a store of which the first generation serves, at position 1. */
  const withServing = async (work: (store: OpenSearchReadStore, prefix: string) => Promise<void>): Promise<void> => {
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

  /** Promotes through a way on which `before` is waited for before each request. */
  const promoteSlowly = async (prefix: string, generation: number, before: (request: string) => Promise<void>): Promise<void> => {
    await using held = await holdRequests(node, before);
    const store = await openStore(held.url, prefix, options);
    try {
      await store.promote('items', generation);
    } finally {
      await store.close();
    }
  };

  it.each([
    ['it is decided', /^PUT .*control\/_doc\//],
    ['the alias is moved', /^POST \/_aliases/],
  ])('never takes queries back when the writer comes back before %s', { timeout: TIMEOUT_MS }, (_, step) =>
    withServing(async (store, prefix) => {
      const number = await filled(store, 1);
      let shownMeanwhile: bigint | undefined;
      const comeBack = async (request: string): Promise<void> => {
        if (shownMeanwhile !== undefined || !step.test(request)) return;
        shownMeanwhile = 0n;
        await commit(await store.open(items, 1), 1, 2);
        shownMeanwhile = await shown(store);
      };
      await promoteSlowly(prefix, number, comeBack).catch((error: unknown) => expect(error).toMatchObject({ code: 'READ_STORE_GENERATION_BEHIND' }));
      expect(shownMeanwhile).toBeGreaterThan(0n);
      expect(await shown(store)).toBeGreaterThanOrEqual(shownMeanwhile ?? 0n);
    }),
  );

  it.each([
    ['is done', async (store: OpenSearchReadStore, _: string, generation: number) => store.promote('items', generation)],
    [
      'is decided, and ends there,',
      async (_: OpenSearchReadStore, prefix: string, generation: number) => {
        const cut = promoteSlowly(prefix, generation, async (request) => {
          if (request.startsWith('POST /_aliases')) throw new Error('cut off');
        });
        await expect(cut).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
      },
    ],
  ])('that %s before a writer takes over, who had looked before it, leaves what he writes unseen', { timeout: TIMEOUT_MS }, (_, promote) =>
    withServing(async (store, prefix) => {
      const number = await filled(store, 2);
      let isPromoted = false;
      await using held = await holdRequests(node, async (request) => {
        // The first thing that he writes is that the generation is his.
        if (isPromoted || !request.startsWith('PUT ')) return;
        isPromoted = true;
        await promote(store, prefix, number);
      });
      const late = await openStore(held.url, prefix, options);
      try {
        await commit(await late.open(items, 1), 1, 3);
      } finally {
        await late.close();
      }
      expect(isPromoted).toBe(true);
      expect(await shown(store)).toBe(2n);
    }),
  );

  it('that is slow with its last step leaves one alone that was decided later', { timeout: TIMEOUT_MS }, () =>
    withServing(async (store, prefix) => {
      const slow = await filled(store, 1);
      const later = await filled(store, 2);
      let isPromoted = false;
      await promoteSlowly(prefix, slow, async (request) => {
        if (isPromoted || !request.startsWith('POST /_aliases')) return;
        isPromoted = true;
        await store.promote('items', later);
        expect(await shown(store)).toBe(2n);
      });
      expect(isPromoted).toBe(true);
      expect(await shown(store)).toBe(2n);
      expect((await store.generations('items')).filter(({ state }) => state === 'serving').map(({ number }) => number)).toEqual([later]);
    }),
  );
});
