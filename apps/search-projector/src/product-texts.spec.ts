// What search finds, and what it shows.
import { givenEvents } from '@mainstem/testing';
import { describe, expect, it } from 'vitest';
import { creditLine, orderLine, stockAdjusted } from '../../../test/fixtures/ledger-events.js';
import { productTexts } from './product-texts.projection.js';

describe('product-texts', () => {
  it('searches every description once, and shows the last one on an order line', () => {
    givenEvents(productTexts, [orderLine('1'), orderLine('2', { description: 'CREAM HEART' }), orderLine('3')])
      .when(creditLine('C4', { description: 'HEART, BROKEN' }))
      .thenDocument('product-texts', '85123A', {
        sku: '85123A',
        description: 'WHITE HEART',
        descriptions: ['WHITE HEART', 'CREAM HEART', 'HEART, BROKEN'],
      });
  });

  it('finds a SKU that was only returned, without a description to show', () => {
    const expected = { sku: '85123A', description: null, descriptions: ['WHITE HEART'] };
    givenEvents(productTexts, [creditLine('C1'), creditLine('C2')]).thenDocument('product-texts', '85123A', expected);
  });

  it('never searches the notes of stock adjustments', () => {
    expect(givenEvents(productTexts, [stockAdjusted('1', '22111', 1, 'thrown away')]).documents('product-texts').size).toBe(0);
  });
});
