// Roll-ups kept up to date from differences are the roll-ups computed from all documents, whatever happens in whatever batches.
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
  ])('is the same as computing everything anew, %s', async (_, isCached) => {
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
});
