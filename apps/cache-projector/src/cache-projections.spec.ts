// The cache: balances, product cards, monthly sales, and the leaderboards made of them.
import { customerBoards, documentBoards, monthlyBoards, productBoards } from '#apps/read-models/src/cache/leaderboards.js';
import { givenEvents } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { badDebtAdjusted, creditIssued, creditLine, DAY, orderLine, orderPlaced } from '../../../test/fixtures/ledger-events.js';
import { documentTotals } from './document-totals.projection.js';
import { monthlyProducts } from './monthly-products.projection.js';
import { productCards } from './product-cards.projection.js';

describe('document-totals', () => {
  it('sums the documents of a customer to a balance', () => {
    givenEvents(documentTotals, [orderPlaced('1'), orderLine('1'), creditIssued('C2'), creditLine('C2', { quantity: 1 })])
      .thenDocument('document-totals', 'credit-C2', { stream: 'credit-C2', kind: 'credit', customerId: '17850', total: '2.550' })
      .thenDocument('customer-balances', '17850', {
        customerId: '17850',
        orders: 1,
        creditNotes: 1,
        grossSales: '15.300',
        creditedAmount: '2.550',
        netSales: '12.750',
      });
  });
});

describe('product-cards', () => {
  it('shows the last description and price of order lines', () => {
    givenEvents(productCards, [orderLine('1'), orderLine('2', { description: 'CREAM HEART', unitPrice: '3', quantity: 1 })])
      .when(creditLine('C3', { description: 'BROKEN', quantity: 2 }))
      .thenDocument('product-cards', '85123A', {
        sku: '85123A',
        description: 'CREAM HEART',
        price: '3.000',
        unitsSold: 7,
        unitsReturned: 2,
        grossRevenue: '18.300',
        lastSoldAt: DAY,
      });
  });

  it('has a card for every SKU, also for one that was never sold', () => {
    expect([
      ...givenEvents(productCards, [badDebtAdjusted('A1', '1.00')])
        .documents('product-cards')
        .keys(),
    ]).toEqual(['B']);
  });
});

describe('monthly-products', () => {
  it('counts units of a SKU by month', () => {
    givenEvents(monthlyProducts, [orderLine('1'), orderLine('2', { quantity: 4 }), orderLine('3', {}, '2011-01-01T00:00:00Z')])
      .thenDocument('monthly-products', '2010-12/85123A', { month: '2010-12', sku: '85123A', unitsSold: 10 })
      .thenDocument('monthly-products', '2011-01/85123A', { month: '2011-01', sku: '85123A', unitsSold: 6 });
  });
});

describe('leaderboards', () => {
  it('hold orders but no credit notes, and money in whole thousandths', () => {
    const order = { stream: 'order-1', kind: 'order', customerId: null, total: '15.301' } as const;
    expect(documentBoards(order)).toEqual([{ board: 'orders-by-total', score: 15_301 }]);
    expect(documentBoards({ ...order, kind: 'credit' })).toEqual([]);
  });

  it('rank a customer without orders by net sales alone', () => {
    const customer = { customerId: '1', orders: 0, creditNotes: 1, grossSales: '0.000', creditedAmount: '2.550', netSales: '-2.550' };
    expect(customerBoards(customer)).toEqual([{ board: 'customers-by-net-sales', score: -2_550 }]);
    expect(customerBoards({ ...customer, orders: 3 })).toContainEqual({ board: 'customers-by-orders', score: 3 });
  });

  it('hold products that were sold, and those that were returned', () => {
    const card = { sku: '1', description: null, price: null, unitsSold: 0, unitsReturned: 0, grossRevenue: '0.000', lastSoldAt: null };
    expect(productBoards(card)).toEqual([]);
    expect(productBoards({ ...card, unitsReturned: 2 })).toEqual([{ board: 'skus-by-units-returned', score: 2 }]);
    expect(productBoards({ ...card, unitsSold: 3 }).map(({ board }) => board)).toEqual(['skus-by-units-sold', 'skus-by-gross-revenue']);
    expect(monthlyBoards({ month: '2010-12', sku: '1', unitsSold: 3 })).toEqual([{ board: '2010-12', score: 3 }]);
  });
});
