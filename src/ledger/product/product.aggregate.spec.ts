// A product: its rules, one example each, and the standing properties.
import { InvalidCommand, fold } from '@mainstem/aggregate';
import { aggregateProperties, given, registerContract } from '@mainstem/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { product } from './product.aggregate.js';
import { RecordCorrection, RecordReturn, RecordSale, type ProductCommand } from './product.commands.js';
import type { ProductEvent } from './product.events.js';

const LINE = { document: 'order-536365', line: 1 };
const AT = '2010-12-01T08:26:00Z';

const sale = (fields: Partial<RecordSale> = {}): RecordSale =>
  Object.assign(new RecordSale(), { ...LINE, quantity: 6, description: 'WHITE HEART', unitPrice: '2.55', at: AT }, fields);
const goodsReturn = (quantity: number): RecordReturn => Object.assign(new RecordReturn(), { ...LINE, quantity });
const correction = (quantityDelta: number): RecordCorrection => Object.assign(new RecordCorrection(), { ...LINE, quantityDelta });

const sold = (quantity = 6): ProductEvent => ({ type: 'UnitsSold', data: { ...LINE, quantity } });
const described = (description = 'WHITE HEART'): ProductEvent => ({ type: 'DescriptionChanged', data: { description } });
const priced = (unitPrice = '2.55', at = AT): ProductEvent => ({ type: 'PriceChanged', data: { unitPrice, at } });

describe('product', () => {
  it('gets its description and its price with its first sale', () => given(product, []).when(sale()).then([sold(), described(), priced()]));
  it('records what an order calls it otherwise, and another price, with its time', () => {
    const LATER = '2010-12-02T10:00:00Z';
    given(product, [sold(), described(), priced()])
      .when(sale({ description: 'CREAM HEART', unitPrice: '2.95', at: LATER }))
      .then([sold(), described('CREAM HEART'), priced('2.95', LATER)]);
  });
  it('keeps a price that is written in another way', () =>
    given(product, [sold(), described(), priced('2.5')])
      .when(sale({ unitPrice: '2.500' }))
      .then([sold()]));
  it('is returned, also more often than it was sold', () =>
    given(product, [])
      .when(goodsReturn(3))
      .then([{ type: 'UnitsReturned', data: { ...LINE, quantity: 3 } }]));
  it('is corrected up and down', () =>
    given(product, [])
      .when(correction(-4))
      .then([{ type: 'StockCorrected', data: { ...LINE, quantityDelta: -4 } }]));
  it('has the whole history of its price', () =>
    expect(fold(product, product.initialState, [priced('1'), priced('2'), priced('1')]).prices.map(({ unitPrice }) => unitPrice)).toEqual([
      '1',
      '2',
      '1',
    ]));
  it.each([sale({ quantity: 0 }), sale({ unitPrice: '-1' }), goodsReturn(0), correction(0)])('refuses a line that is none', (bad) =>
    given(product, []).when(bad).thenRefuses(InvalidCommand),
  );
});

const quantity = fc.integer({ min: 1, max: 9 });
const commands: fc.Arbitrary<ProductCommand> = fc.oneof(
  fc.record({ quantity, description: fc.constantFrom('a', 'b'), unitPrice: fc.constantFrom('1', '1.0', '2.55') }).map(sale),
  quantity.map(goodsReturn),
  quantity.map((units) => correction(-units)),
);

registerContract(
  aggregateProperties({
    aggregate: product,
    forAll: (check) => fc.assert(fc.asyncProperty(fc.array(commands, { maxLength: 12 }), check), { numRuns: 50 }),
  }),
  { describe, it },
);
