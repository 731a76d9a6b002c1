// Products: every SKU that occurs in any event.
import { givenEvents } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { badDebtAdjusted, creditLine, DAY, orderLine, stockAdjusted } from '../../../test/fixtures/ledger-events.js';
import { products } from './products.projection.js';

const LATER = '2010-12-02T10:00:00Z';
const UNSOLD = {
  description: null,
  unitsSold: 0,
  unitsReturned: 0,
  stockDelta: 0,
  grossRevenue: '0.000',
  creditedAmount: '0.000',
  orderLines: 0,
  minPrice: null,
  maxPrice: null,
  firstSoldAt: null,
  lastSoldAt: null,
  isBadDebtOnly: false,
  descriptions: [],
};

describe('products', () => {
  it('keeps the last description and the range of prices of order lines', () => {
    givenEvents(products, [orderLine('1', { unitPrice: '2.55' }), orderLine('2', { unitPrice: '10', description: 'CREAM HEART' }, LATER)])
      .when(creditLine('C3', { quantity: 1, unitPrice: '99.99', description: 'HEART, BROKEN' }, LATER))
      .thenDocument('products', '85123A', {
        ...UNSOLD,
        sku: '85123A',
        description: 'CREAM HEART',
        unitsSold: 12,
        unitsReturned: 1,
        grossRevenue: '75.300',
        creditedAmount: '99.990',
        orderLines: 2,
        minPrice: '2.550',
        maxPrice: '10.000',
        firstSoldAt: DAY,
        lastSoldAt: LATER,
        descriptions: ['WHITE HEART', 'CREAM HEART', 'HEART, BROKEN'],
      });
  });

  it('lists a SKU that was only returned, corrected or written off, without prices', () => {
    givenEvents(products, [
      creditLine('C1', { sku: 'M', quantity: 2, unitPrice: '1.5' }),
      stockAdjusted('2', '22111', -3),
      badDebtAdjusted('A3', '-1.00'),
    ])
      .thenDocument('products', 'M', { ...UNSOLD, sku: 'M', unitsReturned: 2, creditedAmount: '3.000', descriptions: ['WHITE HEART'] })
      .thenDocument('products', '22111', { ...UNSOLD, sku: '22111', stockDelta: -3 })
      .thenDocument('products', 'B', { ...UNSOLD, sku: 'B', isBadDebtOnly: true });
  });

  it('keeps SKUs apart that differ only in case', () => {
    givenEvents(products, [stockAdjusted('1', '84406b', 1), stockAdjusted('2', '84406B', 2)])
      .thenDocument('products', '84406b', { ...UNSOLD, sku: '84406b', stockDelta: 1 })
      .thenDocument('products', '84406B', { ...UNSOLD, sku: '84406B', stockDelta: 2 });
  });
});
