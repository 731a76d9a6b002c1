// Roll-ups that are updated by differences equal those computed from all documents, for any changes in any batches.
import type { Incarnation, Position } from '@mainstem/event-store';
import { defineEvents } from '@mainstem/event-store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentProjection } from '../definition/document-projection.js';
import { count, decimalSum, max, min, sum } from '../definition/measures.js';
import { rollUp } from '../definition/roll-up.js';
import { EMPTY_DIGEST } from '../read-store/rolling-digest.js';
import { MemoryReadStore } from '../memory/memory-read-store.js';
import type { ReadStoreSession } from '../read-store/read-store.js';
import { DocumentCache } from '../fold/document-cache.js';
import type { RollUpGroup } from '../fold/roll-up-group.js';
import { ContributionFailed, rollUpChanges, type DocumentChange } from './roll-up-writer.js';

interface Sale {
  readonly country: string | null;
  readonly units: number;
  readonly amount: string;
  readonly day: string | null;
}
class SaleClass {}
class GroupClass {}

const measured = rollUp(SaleClass as new () => Sale, {
  name: 'by-country',
  document: GroupClass as new () => Record<string, unknown>,
  keyField: 'country',
  groupBy: (sale) => sale.country,
  measures: {
    sales: count(),
    large: count((sale) => sale.units > 5),
    units: sum((sale) => sale.units),
    amount: decimalSum(2, (sale) => sale.amount),
    first: min((sale) => sale.day),
    most: max((sale) => sale.units),
  },
});
const projection = documentProjection({
  name: 'sales',
  version: 1,
  document: SaleClass as new () => Sale,
  events: [defineEvents('sale', { Sold: class {} })],
  key: () => null,
  evolve: { Sold: () => null },
  rollUps: [measured],
});
const [erased] = projection.rollUps;
if (!erased) throw new TypeError('the projection has a roll-up');

const openSession = async (): Promise<ReadStoreSession> => {
  const store = new MemoryReadStore();
  await store.createGeneration(projection, 'i' as Incarnation);
  return store.open(projection, 1);
};

const recomputed = (sales: readonly Sale[]): Map<string, object> => {
  const groups = new Map<string, object>();
  for (const country of new Set(sales.map((sale) => sale.country))) {
    if (country === null) continue;
    const mine = sales.filter((sale) => sale.country === country);
    const days = mine.map((sale) => sale.day).filter((day) => day !== null);
    const cents = mine.reduce((total, sale) => total + BigInt(Math.round(Number(sale.amount) * 100)), 0n);
    groups.set(country, {
      country,
      sales: mine.length,
      large: mine.filter((sale) => sale.units > 5).length,
      units: mine.reduce((total, sale) => total + sale.units, 0),
      amount: `${cents < 0n ? '-' : ''}${(cents < 0n ? -cents : cents) / 100n}.${String((cents < 0n ? -cents : cents) % 100n).padStart(2, '0')}`,
      first: days.sort()[0] ?? null,
      most: Math.max(...mine.map((sale) => sale.units)),
    });
  }
  return groups;
};

const sale: fc.Arbitrary<Sale> = fc.record({
  country: fc.constantFrom('GB', 'FR', '__proto__', null),
  units: fc.integer({ min: -9, max: 9 }),
  amount: fc.constantFrom('0', '1.5', '-2.25', '10.10', '0.01', '99999.99'),
  day: fc.constantFrom('2026-01-01', '2026-02-01', '2025-12-31', null),
});
/** Changes of documents, in batches: key → sale, or null to delete it. */
const batches = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.option(sale)), { maxLength: 12 });

describe('rollUpChanges', () => {
  it.each([
    ['with groups cached', true],
    ['with every group read back from the store', false],
  ])('equals computing everything anew, %s', async (_, isCached) => {
    await fc.assert(
      fc.asyncProperty(batches, async (history) => {
        const session = await openSession();
        let cache = new DocumentCache<RollUpGroup>(1e6, true);
        const sales = new Map<string, Sale>();
        let position = 0n;
        for (const batch of history) {
          const documents: DocumentChange[] = Object.entries(batch).map(([key, after]) => ({ key, before: sales.get(key) ?? null, after }));
          const { changes, settle } = await rollUpChanges(erased, documents, session, cache);
          await session.commit({
            changes: [changes],
            checkpoint: { from: position === 0n ? undefined : (position as Position), to: ++position as Position, digest: EMPTY_DIGEST },
          });
          settle();
          if (!isCached) cache = new DocumentCache(1e6, false);
          for (const { key, after } of documents) {
            if (after) sales.set(key, after as Sale);
            else sales.delete(key);
          }
          const stored = await session.load('by-country', ['GB', 'FR', '__proto__']);
          const shown = new Map([...stored].map(([key, { $state: _state, ...document }]: [string, { $state?: string }]) => [key, document]));
          expect(shown).toEqual(recomputed([...sales.values()]));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('writes no group whose contributions have not changed', async () => {
    const before: Sale = { country: 'GB', units: 1, amount: '1.00', day: null };
    const { changes } = await rollUpChanges(erased, [{ key: 'a', before, after: { ...before } }], await openSession(), new DocumentCache(1e6, true));
    expect(changes.upserts.size + changes.deletes.length).toBe(0);
  });

  it.each<[string, Partial<Record<keyof Sale, unknown>>]>([
    ['an amount that is no decimal', { amount: 'much' }],
    ['an amount that is missing', { amount: undefined }],
    ['more places than the sum shows', { amount: '0.001' }],
    ['a number of units that is not whole', { units: 1.5 }],
    ['a group that is not text', { country: 7 }],
    ['a day that is not comparable', { day: {} }],
  ])('names the document that contributes %s', async (_, wrong) => {
    const after = { country: 'GB', units: 1, amount: '1.00', day: null, ...wrong };
    const changing = rollUpChanges(erased, [{ key: 'bad', before: null, after }], await openSession(), new DocumentCache(1e6, true));
    await expect(changing).rejects.toSatisfy((error) => error instanceof ContributionFailed && error.key === 'bad');
  });

  describe('with totals near the largest whole number', () => {
    const LARGEST = Number.MAX_SAFE_INTEGER;
    const saleOf = (units: number): Sale => ({ country: 'GB', units, amount: '0', day: null });
    /** The total after changes of several documents, or the keys of the refused changes, until the rest succeeds. */
    const outcomeOf = async (
      before: readonly number[],
      changes: readonly DocumentChange[],
    ): Promise<{ total: unknown; refused: readonly string[] }> => {
      const session = await openSession();
      const start = before.map((units, index) => ({ key: `${index}`, before: null, after: saleOf(units) }));
      const stored = (await rollUpChanges(erased, start, session, new DocumentCache(1e6, true))).changes;
      await session.commit({ changes: [stored], checkpoint: { from: undefined, to: 1n as Position, digest: EMPTY_DIGEST } });
      for (const refused: string[] = []; ;) {
        const left = changes.filter(({ key }) => !refused.includes(key));
        try {
          const { upserts } = (await rollUpChanges(erased, left, session, new DocumentCache(1e6, false))).changes;
          return { total: (upserts.get('GB') as { units: number } | undefined)?.units, refused: refused.toSorted() };
        } catch (error) {
          if (!(error instanceof ContributionFailed)) throw error;
          refused.push(error.key);
        }
      }
    };

    it('moves an amount between two documents of a group, in any order', async () => {
      const moved = [
        { key: '0', before: saleOf(LARGEST), after: saleOf(0) },
        { key: '1', before: saleOf(0), after: saleOf(LARGEST) },
      ];
      for (const changes of [moved, moved.toReversed()]) expect(await outcomeOf([LARGEST, 0], changes)).toEqual({ total: LARGEST, refused: [] });
    });

    it('refuses only the documents that push the total out of its bounds', async () => {
      const changes: readonly DocumentChange[] = [
        { key: 'small', before: null, after: saleOf(1) },
        { key: 'large', before: null, after: saleOf(LARGEST) },
        { key: '0', before: saleOf(5), after: saleOf(3) },
      ];
      for (const order of [changes, changes.toReversed()]) expect(await outcomeOf([5], order)).toEqual({ total: 4, refused: ['large'] });
    });

    it('gives the same result in any order of documents', async () => {
      const units = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger(), fc.constantFrom(LARGEST, -LARGEST, LARGEST - 1));
      const changes = fc.array(units, { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(changes, units, fc.infiniteStream(fc.nat()), async (after, first, ranks) => {
          const all: DocumentChange[] = after.map((one, index) => ({
            key: `${index}`,
            before: index === 0 ? saleOf(first) : null,
            after: saleOf(one),
          }));
          const shuffled = all.map((change) => [ranks.next().value, change] as const).toSorted(([left], [right]) => left - right);
          const outcome = await outcomeOf([first], all);
          const other = await outcomeOf(
            [first],
            shuffled.map(([, change]) => change),
          );
          expect(other).toEqual(outcome);
          const total = after.reduce((sum, one) => sum + BigInt(one), 0n);
          if (total <= LARGEST && total >= -LARGEST && outcome.total !== undefined) expect(outcome).toEqual({ total: Number(total), refused: [] });
        }),
        { numRuns: 200 },
      );
    });
  });
});
