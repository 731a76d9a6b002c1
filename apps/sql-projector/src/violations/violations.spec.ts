// Every rule that real data breaks, with the smallest ledger that breaks it, for any size of batches.
import type { Violation, ViolationRule } from '#apps/read-models/src/sql/violation.entity.js';
import type { SqlTransaction } from '@mainstem/sql';
import type { GivenEvent } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import {
  badDebtAdjusted,
  creditIssued,
  creditLine,
  orderLine,
  orderPlaced,
  recorded,
  stockAdjusted,
} from '../../../../test/fixtures/ledger-events.js';
import { violations } from './violations.projection.js';

const LATER = '2010-12-01T08:27:00Z';

/** Tables in memory; rows pass through JSON, so that only the content of columns survives a batch. */
class MemoryTransaction implements SqlTransaction {
  readonly tables = new Map<string, Map<string, string>>(violations.collections.map(({ name }) => [name, new Map()]));

  async find<T extends object>(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, T>> {
    return new Map(
      keys.flatMap((key) => (this.#table(collection).has(key) ? [[key, JSON.parse(this.#table(collection).get(key) ?? '') as T] as const] : [])),
    );
  }
  async upsert(collection: string, rows: readonly object[]): Promise<void> {
    for (const row of rows) this.#table(collection).set(String(Object.values(row)[0]), JSON.stringify(row));
  }
  async delete(collection: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#table(collection).delete(key);
  }
  table(collection: string): string {
    return collection;
  }
  query(): never {
    throw new TypeError('the projection writes no SQL of its own');
  }
  #table(collection: string): Map<string, string> {
    const table = this.tables.get(collection);
    if (!table) throw new TypeError(`the projection declares no table ${collection}`);
    return table;
  }
}

const audited = async (events: readonly GivenEvent[], batchSize = events.length): Promise<MemoryTransaction> => {
  const transaction = new MemoryTransaction();
  const all = recorded(events);
  for (let start = 0; start < all.length; start += batchSize) await violations.apply(transaction, all.slice(start, start + batchSize));
  return transaction;
};

const found = async (events: readonly GivenEvent[]): Promise<Readonly<Record<string, readonly string[]>>> => {
  const rows = [...((await audited(events)).tables.get('violations')?.values() ?? [])].map((row) => JSON.parse(row) as Violation);
  const rules = new Map<ViolationRule, string[]>();
  for (const { rule, id } of rows) rules.set(rule, [...(rules.get(rule) ?? []), id]);
  return Object.fromEntries(rules);
};

const LEDGERS: readonly (readonly [
  name: string,
  events: readonly GivenEvent[],
  expected: Readonly<Partial<Record<ViolationRule, readonly string[]>>>,
])[] = [
  ['finds nothing in a ledger that keeps all rules', [orderPlaced('1'), orderLine('1'), creditIssued('C2'), creditLine('C2')], {}],
  ['reports an order without customer', [orderPlaced('1', null), orderLine('1')], { 'missingCustomer.order': ['order-1'] }],
  [
    'reports a credit note without customer, whose lines cannot be checked',
    [orderPlaced('1'), orderLine('1'), creditIssued('C2', null), creditLine('C2')],
    { 'missingCustomer.credit': ['credit-C2'], 'returnNotVerifiable.noCustomer': ['credit-C2/1'] },
  ],
  ['reports a document with several times', [orderPlaced('1'), orderLine('1', {}, LATER)], { documentWithSeveralTimestamps: ['order-1'] }],
  [
    'reports a document with other events between its own, once',
    [orderPlaced('1'), orderPlaced('2'), orderLine('1'), orderLine('2', { sku: '22111' }), orderLine('1', { line: 2, sku: '22112' })],
    { nonContiguousStream: ['order-1', 'order-2'] },
  ],
  ['reports goods given away', [orderPlaced('1'), orderLine('1', { unitPrice: '0.00' })], { 'zeroPrice.order': ['order-1/1'] }],
  ['reports prices in parts of pennies', [orderPlaced('1'), orderLine('1', { unitPrice: '0.001' })], { 'subPennyPrice.order': ['order-1/1'] }],
  [
    'reports a repeated SKU, and exact duplicates in any notation of the price',
    [orderPlaced('1'), orderLine('1'), orderLine('1', { line: 2, quantity: 7 }), orderLine('1', { line: 3, unitPrice: '2.550' })],
    { 'repeatedSkuInDocument.order': ['order-1/2', 'order-1/3'], 'exactDuplicateLine.order': ['order-1/3'] },
  ],
  [
    'reports repetitions in credit notes',
    [orderPlaced('1'), orderLine('1', { quantity: 50 }), creditIssued('C2'), creditLine('C2'), creditLine('C2', { line: 2 })],
    { 'repeatedSkuInDocument.credit': ['credit-C2/2'], 'exactDuplicateLine.credit': ['credit-C2/2'] },
  ],
  [
    'reports a return of more than was bought, and takes it off the balance in any case',
    [
      orderPlaced('1'),
      orderLine('1', { quantity: 5 }),
      creditIssued('C2'),
      creditLine('C2', { quantity: 6 }),
      orderPlaced('3'),
      orderLine('3', { quantity: 2 }),
    ].concat(
      creditIssued('C4'),
      creditLine('C4', { quantity: 1 }),
      orderPlaced('5', '99999'),
      orderLine('5', { quantity: 9 }),
      creditIssued('C6'),
      creditLine('C6', { quantity: 1 }),
    ),
    { 'returnExceedsPurchased.product': ['credit-C2/1', 'credit-C6/1'] },
  ],
  [
    'reports discounts apart from products',
    [orderPlaced('1'), orderLine('1', { sku: 'D', quantity: 1 }), creditIssued('C2'), creditLine('C2', { sku: 'D', quantity: 2 })],
    {
      'nonProductCode.order': ['order-1/1'],
      'nonProductCode.credit': ['credit-C2/1'],
      'returnExceedsPurchased.nonProduct': ['credit-C2/1'],
      skuReturnedMoreThanSold: ['D'],
    },
  ],
  [
    'reports each document in which a customer changes country, and the customer once',
    [
      orderPlaced('1', '12431', 'Australia'),
      orderPlaced('2', '12431', 'Belgium'),
      creditIssued('C3', '12431', 'Australia'),
      orderPlaced('4', '12431', 'Australia'),
    ],
    { 'customerCountryChanged.customers': ['12431'], 'customerCountryChanged.documents': ['order-2', 'credit-C3'] },
  ],
  [
    'reports SKUs in lower case, and spellings that differ only in case, wherever they occur',
    [orderPlaced('1'), orderLine('1', { sku: '84406b' }), stockAdjusted('2', '84406B', 1)],
    { 'skuNotUpperCase.order': ['order-1/1'], skuCaseVariantGroups: ['84406B'] },
  ],
  [
    'reports a SKU with several descriptions, also on credit lines',
    [orderPlaced('1'), orderLine('1'), creditIssued('C2'), creditLine('C2', { description: 'BROKEN' })],
    { skuWithSeveralDescriptions: ['85123A'] },
  ],
  [
    'reports stock adjustments that do not say why',
    [stockAdjusted('1', '22111', -1, null), stockAdjusted('2', '22111', -1)],
    { 'missingNote.stockAdjustment': ['stock-adjustment-1/1'] },
  ],
];

describe('violations', () => {
  it.each(LEDGERS)('%s', async (_, events, expected) => {
    const actual = await found(events);
    expect(actual).toMatchObject(expected);
    const sideEffects = new Set(['skuReturnedMoreThanSold', 'nonContiguousStream']);
    expect(Object.keys(actual).filter((rule) => !sideEffects.has(rule) && !(rule in expected))).toEqual([]);
  });

  it('withdraws that a SKU was returned more than sold once enough was sold', async () => {
    const returned = [orderPlaced('1'), orderLine('1', { quantity: 1 }), creditIssued('C2'), creditLine('C2', { quantity: 3 })];
    expect(await found(returned)).toHaveProperty('skuReturnedMoreThanSold', ['85123A']);
    expect(await found([...returned, orderPlaced('3'), orderLine('3', { quantity: 2 })])).not.toHaveProperty('skuReturnedMoreThanSold');
  });

  it('finds and remembers the same for any size of batches', async () => {
    const ledger = [...LEDGERS.flatMap(([, events]) => events), badDebtAdjusted('A9', '-1.00')];
    const whole = await audited(ledger);
    for (const batchSize of [1, 2, 3, 7, 20]) expect((await audited(ledger, batchSize)).tables).toEqual(whole.tables);
  });

  it('refuses a line that comes before its document', async () => {
    await expect(audited([orderPlaced('1'), creditLine('C2')])).rejects.toMatchObject({ code: 'LEDGER_LINE_WITHOUT_DOCUMENT', stream: 'credit-C2' });
  });
});
