// A deletion on OpenSearch and a promotion of the same generation: one of them is refused, in any order of their steps.
import type { OpenSearchReadStore } from '@mainstem/opensearch';
import { describe, expect, it } from 'vitest';
import { sharedNode } from '../contract/opensearch-nodes.js';
import { filled, outcomeOf, servingIn, shown, slowly, withServing } from './support/item-generations.js';

const TIMEOUT_MS = 600_000;
/** Decisions and changes. */
const STEP = /control|^PUT|^DELETE|_aliases/;
/** More than there are. */
const STEPS_MAX = 20;

const url = await sharedNode();

describe.skipIf(url === undefined)('a deletion on OpenSearch', () => {
  const node = url ?? '';

  it.each([
    ['the rollback comes before any of its steps', 'drop'],
    ['it comes before any step of the rollback', 'promote'],
  ])('and a rollback to it are never both done when %s', { timeout: TIMEOUT_MS }, (_, slow) =>
    withServing(node, async (store, prefix) => {
      const outcomes = new Set<string>();
      for (let step = 1, isReached = true; isReached; step++) {
        expect(step).toBeLessThan(STEPS_MAX);
        const [former = 0] = await servingIn(store);
        const number = await filled(store, 1);
        await store.promote('items', number);
        const drop = (on: OpenSearchReadStore): Promise<string> => outcomeOf(on.dropGeneration('items', former));
        const rollBack = (on: OpenSearchReadStore): Promise<string> => outcomeOf(on.promote('items', former));
        let requests = 0;
        let other: string | undefined;
        const before = async (request: string): Promise<void> => {
          if (STEP.test(request) && ++requests === step) other = await (slow === 'drop' ? rollBack : drop)(store);
        };
        const one = await slowly({ node, prefix, before }, slow === 'drop' ? drop : rollBack);
        isReached = other !== undefined;
        const [dropped, rolledBack] = slow === 'drop' ? [one, other] : [other, one];
        const isKept = dropped !== 'done';
        if (isReached) {
          expect([dropped, rolledBack]).toEqual(isKept ? ['READ_STORE_GENERATION_SERVES', 'done'] : ['done', 'READ_STORE_UNKNOWN_GENERATION']);
          outcomes.add(String(dropped));
        }
        expect(await servingIn(store), `before step ${step}`).toEqual([isKept ? former : number]);
        expect(await shown(store)).toBe(1n);
      }
      expect([...outcomes].sort()).toEqual(['READ_STORE_GENERATION_SERVES', 'done']);
    }),
  );

  it('does not undo a decided promotion that ended there', { timeout: TIMEOUT_MS }, () =>
    withServing(node, async (store, prefix) => {
      const number = await filled(store, 2);
      const before = async (request: string): Promise<void> => {
        if (request.startsWith('POST /_aliases')) throw new Error('cut off');
      };
      const cut = slowly({ node, prefix, before }, (dying) => dying.promote('items', number));
      expect(await outcomeOf(cut)).toBe('READ_STORE_UNAVAILABLE');
      expect(await outcomeOf(store.dropGeneration('items', number))).toBe('READ_STORE_GENERATION_SERVES');
      expect(await servingIn(store)).toEqual([number]);
      expect(await shown(store)).toBe(2n);
    }),
  );
});
