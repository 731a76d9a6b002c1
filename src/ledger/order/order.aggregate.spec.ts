// An order: its rules, one example each, and the standing properties.
import { InvalidCommand } from '@mainstem/aggregate';
import { aggregateProperties, given, registerContract } from '@mainstem/testing';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { order } from './order.aggregate.js';
import { AddOrderLines, OrderLine, PlaceOrder, type OrderCommand } from './order.commands.js';
import { OrderAlreadyPlaced, OrderNotPlaced } from './order.errors.js';
import type { OrderEvent } from './order.events.js';

const LANTERN = { sku: '71053', description: 'WHITE METAL LANTERN', quantity: 6, unitPrice: '3.39' };

const line = (fields: Partial<OrderLine> = {}): OrderLine => Object.assign(new OrderLine(), LANTERN, fields);
const place = (fields: Partial<PlaceOrder> = {}): PlaceOrder =>
  Object.assign(new PlaceOrder(), { orderNo: '536365', customerId: '17850', country: 'United Kingdom' }, fields);
const addLines = (...lines: OrderLine[]): AddOrderLines => Object.assign(new AddOrderLines(), { orderNo: '536365', lines });

const placed: OrderEvent = { type: 'OrderPlaced', data: { orderNo: '536365', customerId: '17850', country: 'United Kingdom' } };
const lineAdded = (number: number, fields: Partial<OrderLine> = {}): OrderEvent => ({
  type: 'OrderLineAdded',
  data: { line: number, ...LANTERN, ...fields },
});

describe('order', () => {
  it('is placed without lines', () => given(order, []).when(place()).then([placed]));
  it('is placed with its first lines, numbered from 1', () =>
    given(order, [])
      .when(place({ lines: [line(), line({ sku: '21730' })] }))
      .then([placed, lineAdded(1), lineAdded(2, { sku: '21730' })]));
  it('numbers further lines after the existing ones', () =>
    given(order, [placed, lineAdded(1)])
      .when(addLines(line(), line()))
      .then([lineAdded(2), lineAdded(3)]));
  it('accepts the same line twice: it is bought twice', () =>
    given(order, [placed, lineAdded(1)])
      .when(addLines(line()))
      .then([lineAdded(2)]));
  it('accepts free goods', () =>
    given(order, [placed])
      .when(addLines(line({ unitPrice: '0' })))
      .then([lineAdded(1, { unitPrice: '0' })]));
  it('has no customer by default', () =>
    given(order, [])
      .when(Object.assign(new PlaceOrder(), { orderNo: '536365', country: 'United Kingdom', lines: null }))
      .then([{ type: 'OrderPlaced', data: { orderNo: '536365', customerId: null, country: 'United Kingdom' } }]));

  it('refuses to be placed twice, also in another country', () =>
    given(order, [placed])
      .when(place({ country: 'France' }))
      .thenRefuses(OrderAlreadyPlaced));
  it('refuses lines before it is placed', () => given(order, []).when(addLines(line())).thenRefuses(OrderNotPlaced));
  it.each([
    ['a quantity of zero', line({ quantity: 0 })],
    ['half a unit', line({ quantity: 0.5 })],
    ['a negative price', line({ unitPrice: '-1' })],
    ['a price as a number', line({ unitPrice: 2.55 as never })],
    ['four places', line({ unitPrice: '0.0001' })],
    ['an empty description', line({ description: '' })],
    ['a description with NUL, which not every read model can hold', line({ description: 'A\0B' })],
    ['half a surrogate pair', line({ sku: '\ud83c' })],
    ['a field that it does not know', Object.assign(line(), { discount: '1' })],
    ['a line that is no line', {} as never],
  ])('refuses %s', (_, bad) => given(order, [placed]).when(addLines(bad)).thenRefuses(InvalidCommand));
  it.each([
    ['NUL in the country', { country: 'United\0Kingdom' }],
    ['half a surrogate pair in the customer', { customerId: '\ude00' }],
  ])('refuses %s', (_, fields) => given(order, []).when(place(fields)).thenRefuses(InvalidCommand));
  it('accepts text of any script', () =>
    given(order, [])
      .when(place({ country: 'Österreich 🎄' }))
      .then([{ type: 'OrderPlaced', data: { orderNo: '536365', customerId: '17850', country: 'Österreich 🎄' } }]));
  it('refuses to add zero lines', () => given(order, [placed]).when(addLines()).thenRefuses(InvalidCommand));
});

const lines = fc
  .record({
    sku: fc.string({ minLength: 1, maxLength: 12 }),
    description: fc.string({ minLength: 1 }),
    quantity: fc.integer({ min: 1, max: 100_000 }),
    unitPrice: fc.nat(999_999).map((tenths) => (tenths / 1_000).toFixed(3)),
  })
  .map((fields) => line(fields));
const commands: fc.Arbitrary<OrderCommand> = fc.oneof(
  fc.record({ country: fc.constantFrom('France', 'EIRE'), lines: fc.array(lines, { maxLength: 3 }) }).map((fields) => place(fields)),
  fc.array(lines, { minLength: 1, maxLength: 4 }).map((some) => addLines(...some)),
);

registerContract(
  aggregateProperties({
    aggregate: order,
    forAll: (check) => fc.assert(fc.asyncProperty(fc.array(commands, { maxLength: 8 }), check), { numRuns: 50 }),
  }),
  { describe, it },
);
