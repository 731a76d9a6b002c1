// Orders, credit notes, and their sums.
import { givenEvents } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { creditIssued, creditLine, DAY, orderLine, orderPlaced } from '../../../test/fixtures/ledger-events.js';
import { salesDocuments } from './sales-documents.projection.js';

const LATER = '2010-12-02T10:00:00Z';

describe('sales-documents', () => {
  it('adds up the lines of an order, exactly', () => {
    givenEvents(salesDocuments, [orderPlaced('1'), orderLine('1', { quantity: 3, unitPrice: '0.1' })])
      .when(orderLine('1', { line: 2, quantity: 1, unitPrice: '0.2' }, LATER))
      .thenDocument('sales-documents', 'order-1', {
        stream: 'order-1',
        kind: 'order',
        customerId: '17850',
        country: 'United Kingdom',
        lines: 2,
        units: 4,
        total: '0.500',
        totalScore: 500,
        firstAt: DAY,
        lastAt: LATER,
      });
  });

  it('gives a customer the sales, the credits and the difference', () => {
    givenEvents(salesDocuments, [orderPlaced('1'), orderLine('1'), creditIssued('C2', '17850', 'United Kingdom', LATER)])
      .when(creditLine('C2', { quantity: 7, unitPrice: '2.55' }, LATER))
      .thenDocument('customers', '17850', {
        customerId: '17850',
        orders: 1,
        creditNotes: 1,
        grossSales: '15.300',
        creditedAmount: '17.850',
        netSales: '-2.550',
        firstAt: DAY,
        lastAt: LATER,
      });
  });

  it('counts a document without customer only for its country', () => {
    const scenario = givenEvents(salesDocuments, [orderPlaced('1', null, 'EIRE'), orderLine('1')]);
    expect([...scenario.documents('customers').keys()]).toEqual([]);
    scenario.thenDocument('sales-by-country', 'EIRE', {
      country: 'EIRE',
      orders: 1,
      creditNotes: 0,
      grossSales: '15.300',
      creditedAmount: '0.000',
      netSales: '15.300',
    });
  });

  it('refuses a line that comes before its document', () => {
    givenEvents(salesDocuments, [orderLine('1')]).thenFails('has a line before its header');
  });
});
