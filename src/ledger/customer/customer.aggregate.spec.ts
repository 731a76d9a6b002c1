// A customer: its rules, one example each, and the standing properties.
import { InvalidCommand } from '@mainstem/aggregate';
import { aggregateProperties, given, registerContract } from '@mainstem/testing';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { customer } from './customer.aggregate.js';
import { RecordPurchase, RecordReturn, type CustomerCommand } from './customer.commands.js';
import type { CustomerEvent, UnitsBoughtData } from './customer.events.js';

const BOUGHT = { document: 'order-536365', line: 1, sku: '71053', quantity: 6 };
const RETURNED = { ...BOUGHT, document: 'credit-C536379' };

const purchase = (fields: Partial<UnitsBoughtData> = {}): RecordPurchase => Object.assign(new RecordPurchase(), BOUGHT, fields);
const goodsReturn = (fields: Partial<UnitsBoughtData> = {}): RecordReturn => Object.assign(new RecordReturn(), RETURNED, fields);
const bought = (fields: Partial<UnitsBoughtData> = {}): CustomerEvent => ({ type: 'UnitsBought', data: { ...BOUGHT, ...fields } });
const returned = (fields: Partial<UnitsBoughtData> = {}): CustomerEvent => ({ type: 'UnitsReturned', data: { ...RETURNED, ...fields } });
const exceeded = (balance: number, fields: Partial<UnitsBoughtData> = {}): CustomerEvent => ({
  type: 'ReturnExceededPurchases',
  data: { ...RETURNED, ...fields, balance },
});

describe('customer', () => {
  it('buys units', () => given(customer, []).when(purchase()).then([bought()]));
  it('returns as many as it has bought', () => given(customer, [bought()]).when(goodsReturn()).then([returned()]));
  it('is flagged when it returns more than it has bought', () =>
    given(customer, [bought()])
      .when(goodsReturn({ quantity: 7 }))
      .then([returned({ quantity: 7 }), exceeded(6, { quantity: 7 })]));
  it('is flagged again while the balance is below zero', () =>
    given(customer, [returned(), exceeded(0), bought()])
      .when(goodsReturn({ quantity: 1 }))
      .then([returned({ quantity: 1 }), exceeded(0, { quantity: 1 })]));
  it('has a balance for each SKU, and case matters', () =>
    given(customer, [bought({ sku: '71053a' })])
      .when(goodsReturn({ sku: '71053A' }))
      .then([returned({ sku: '71053A' }), exceeded(0, { sku: '71053A' })]));
  it('refuses lines without units', () =>
    given(customer, [])
      .when(purchase({ quantity: 0 }))
      .thenRefuses(InvalidCommand));
});

const fields = fc.record({ sku: fc.constantFrom('a', 'b'), quantity: fc.integer({ min: 1, max: 3 }), line: fc.integer({ min: 1, max: 9 }) });
const commands: fc.Arbitrary<CustomerCommand> = fc.oneof(fields.map(purchase), fields.map(goodsReturn));

registerContract(
  aggregateProperties({
    aggregate: customer,
    forAll: (check) => fc.assert(fc.asyncProperty(fc.array(commands, { maxLength: 12 }), check), { numRuns: 50 }),
  }),
  { describe, it },
);
