// The control index on OpenSearch is deleted: the serving generation goes on, a filled one is promoted, leases are
// found.
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { describe, expect, it } from 'vitest';
import { sharedNode } from '../contract/opensearch-nodes.js';
import { filled, outcomeOf, servingIn, shown, slowly, withServing } from './support/item-generations.js';

const TIMEOUT_MS = 600_000;
/** Decisions and changes. */
const STEP = /control|^PUT|_aliases/;
/** More than there are. */
const STEPS_MAX = 20;
const LEASE = { projection: 'item-totals', fingerprint: 'f'.repeat(16), partition: 0, owner: 'one', durationMs: 60_000 };

const url = await sharedNode();

describe.skipIf(url === undefined)('the control index of OpenSearch', () => {
  const node = url ?? '';

  const lose = async (prefix: string): Promise<void> => {
    const { status } = await fetch(`${node}/${prefix}.control`, { method: 'DELETE' });
    expect([200, 404]).toContain(status);
  };

  it('that was lost while one generation serves and the next one is filled stops neither', { timeout: TIMEOUT_MS }, () =>
    withServing(node, async (store, prefix) => {
      const number = await filled(store, 1);
      await lose(prefix);
      expect(await shown(store)).toBe(1n);
      expect(await servingIn(store)).toEqual([1]);
      expect(await outcomeOf(store.promote('items', number))).toBe('done');
      expect(await servingIn(store)).toEqual([number]);
      await lose(prefix);
      expect(await outcomeOf(store.promote('items', 1))).toBe('done');
      await lose(prefix);
      expect(await outcomeOf(store.dropGeneration('items', 1))).toBe('READ_STORE_GENERATION_SERVES');
      expect(await outcomeOf(store.dropGeneration('items', number))).toBe('done');
      await lose(prefix);
      expect(await filled(store, 2)).toBeGreaterThan(1);
    }),
  );

  it.each([
    ['stay so', () => Promise.resolve('')],
    // Every decision begins with this request.
    ['be made anew by another process', (store: OpenSearchReadStore) => outcomeOf(store.dropGeneration('items', 99))],
  ])('may be lost before any step of a promotion and %s', { timeout: TIMEOUT_MS }, (_, follow) =>
    withServing(node, async (store, prefix) => {
      const generations = [1, await filled(store, 1)];
      for (let step = 1, requests = step; requests >= step; step++) {
        expect(step).toBeLessThan(STEPS_MAX);
        const next = generations[step % 2] ?? 0;
        requests = 0;
        const before = async (request: string): Promise<void> => {
          if (!STEP.test(request) || ++requests !== step) return;
          await lose(prefix);
          await follow(store);
        };
        expect(await slowly({ node, prefix, before }, (slow) => outcomeOf(slow.promote('items', next))), `before step ${step}`).toBe('done');
        expect(await servingIn(store), `before step ${step}`).toEqual([next]);
        expect(await shown(store)).toBe(1n);
      }
    }),
  );

  it('that was lost is made anew by the next lease, so that leases are found by projection', { timeout: TIMEOUT_MS }, () =>
    withServing(node, async (store, prefix) => {
      expect(await store.claimLease(LEASE)).toMatchObject({ isHeld: true });
      await lose(prefix);
      expect(await store.claimLease(LEASE)).toMatchObject({ isHeld: true });
      expect(await store.leases('item-totals')).toMatchObject([{ projection: 'item-totals', owner: 'one' }]);
      await lose(prefix);
      expect(await store.leases()).toEqual([]);
      await store.releaseLease(LEASE);
    }),
  );

  it('is taken over from a version without its alias', { timeout: TIMEOUT_MS }, () =>
    withServing(node, async (store, prefix) => {
      await store.claimLease(LEASE);
      await fetch(`${node}/${prefix}.control/_alias/*`, { method: 'DELETE' });
      expect(await outcomeOf(store.promote('items', await filled(store, 1)))).toBe('done');
      expect(await store.leases('item-totals')).toHaveLength(1);
    }),
  );
});
