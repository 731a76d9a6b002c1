// The smaller read models: countries of customers, lines, months, and the ledger as a whole.
import { givenEvents } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { badDebtAdjusted, creditIssued, creditLine, DAY, orderLine, orderPlaced, stockAdjusted } from '../../../test/fixtures/ledger-events.js';
import { customerProfiles } from './customer-profiles.projection.js';
import { ledgerTotals } from './ledger-totals.projection.js';
import { orderLines } from './order-lines.projection.js';
import { salesByMonth } from './sales-by-month.projection.js';

const NEXT_MONTH = '2011-01-04T10:00:00Z';

describe('customer-profiles', () => {
  it('lists countries in the order of the documents, a new entry at each change', () => {
    givenEvents(customerProfiles, [orderPlaced('1', '12431', 'Australia'), creditIssued('C2', '12431', 'Australia')])
      .when(orderPlaced('3', '12431', 'Belgium'), orderPlaced('4', '12431', 'Australia'), orderPlaced('5', null, 'EIRE'))
      .thenDocument('customer-profiles', '12431', { customerId: '12431', countries: ['Australia', 'Belgium', 'Australia'] });
  });
});

describe('order-lines', () => {
  it('keys lines so that text order is line order', () => {
    const lines = [orderLine('1', { line: 10 }), orderLine('1', { line: 9 }), orderLine('10', { line: 1 }), creditLine('C1')];
    const keys = [...givenEvents(orderLines, lines).documents('order-lines').keys()].sort();
    expect(keys).toEqual(['order-1/00000009', 'order-1/00000010', 'order-10/00000001']);
  });

  it('keeps the data of the line, with its total', () => {
    givenEvents(orderLines, [orderLine('1')]).thenDocument('order-lines', 'order-1/00000001', {
      key: 'order-1/00000001',
      stream: 'order-1',
      line: 1,
      sku: '85123A',
      description: 'WHITE HEART',
      quantity: 6,
      unitPrice: '2.550',
      total: '15.300',
    });
  });
});

describe('sales-by-month', () => {
  it('counts each event in the month in which it happened', () => {
    const january = { month: '2011-01', orders: 0, creditNotes: 1, grossSales: '2.550', creditedAmount: '1.000', unitsSold: 1, unitsReturned: 1 };
    givenEvents(salesByMonth, [orderPlaced('1'), orderLine('1')])
      .when(orderLine('1', { line: 2, quantity: 1 }, NEXT_MONTH), creditIssued('C2', null, 'EIRE', NEXT_MONTH))
      .when(creditLine('C2', { quantity: 1, unitPrice: '1' }, NEXT_MONTH))
      .thenDocument('sales-by-month', '2010-12', {
        ...january,
        month: '2010-12',
        orders: 1,
        creditNotes: 0,
        grossSales: '15.300',
        creditedAmount: '0.000',
        unitsSold: 6,
        unitsReturned: 0,
      })
      .thenDocument('sales-by-month', '2011-01', january);
  });
});

describe('ledger-totals', () => {
  it('adds up everything that was recorded', () => {
    givenEvents(ledgerTotals, [orderPlaced('1'), orderLine('1'), creditIssued('C2'), creditLine('C2', { quantity: 2 })])
      .when(stockAdjusted('3', '22111', 5), stockAdjusted('4', '22111', -8), badDebtAdjusted('A5', '-11062.06', NEXT_MONTH))
      .thenDocument('ledger-totals', 'all', {
        ledger: 'all',
        streams: 5,
        ordersPlaced: 1,
        orderLinesAdded: 1,
        creditNotesIssued: 1,
        creditLinesAdded: 1,
        stockAdjustments: 2,
        badDebtAdjustments: 1,
        grossSales: '15.300',
        creditedAmount: '5.100',
        badDebt: '-11062.060',
        unitsSold: 6,
        unitsReturned: 2,
        stockAdjustedUp: 5,
        stockAdjustedDown: -8,
        firstAt: DAY,
        lastAt: NEXT_MONTH,
      });
  });
});
