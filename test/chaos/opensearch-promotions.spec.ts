// A promotion on OpenSearch takes several steps. A writer that opens the serving generation between two of them does
// not make queries go back behind a shown position.
import { describe, expect, it } from 'vitest';
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { sharedNode } from '../contract/opensearch-nodes.js';
import { commit, filled, items, servingIn, shown, slowly, withServing } from './support/item-generations.js';

const TIMEOUT_MS = 120_000;

const url = await sharedNode();

describe.skipIf(url === undefined)('a promotion on OpenSearch', () => {
  const node = url ?? '';

  /** Promotes through a way on which `before` is awaited before each request. */
  const promoteSlowly = (prefix: string, generation: number, before: (request: string) => Promise<void>): Promise<void> =>
    slowly({ node, prefix, before }, (store) => store.promote('items', generation));

  it.each([
    ['it is decided', /^PUT .*control.*\/_doc\//],
    ['the alias is moved', /^POST \/_aliases/],
  ])('never takes queries back when the writer comes back before %s', { timeout: TIMEOUT_MS }, (_, step) =>
    withServing(node, async (store, prefix) => {
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
  ])('that %s before the takeover of a writer that had looked earlier hides the writes of that writer', { timeout: TIMEOUT_MS }, (_, promote) =>
    withServing(node, async (store, prefix) => {
      const number = await filled(store, 2);
      let isPromoted = false;
      const before = async (request: string): Promise<void> => {
        // The writer's first write claims the generation.
        if (isPromoted || !request.startsWith('PUT ')) return;
        isPromoted = true;
        await promote(store, prefix, number);
      };
      await slowly({ node, prefix, before }, async (late) => commit(await late.open(items, 1), 1, 3));
      expect(isPromoted).toBe(true);
      expect(await shown(store)).toBe(2n);
    }),
  );

  it('that is slow with its last step does not disturb a later decision', { timeout: TIMEOUT_MS }, () =>
    withServing(node, async (store, prefix) => {
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
      expect(await servingIn(store)).toEqual([later]);
    }),
  );
});
