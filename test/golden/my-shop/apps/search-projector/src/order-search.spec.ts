// Order search: events in, documents out.
import { givenEvents } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { orderSearchProjection } from './order-search.projection.js';

describe('order-search', () => {
  it('shows what the events have told', () => {
    const scenario = givenEvents(orderSearchProjection, []);
    const orderPlaced = { stream: 'order-1', type: 'OrderPlaced', data: { customer: 'a customer', product: 'a product', total: '12.50' } };
    const orderShipped = { stream: 'order-1', type: 'OrderShipped', data: {} };

    scenario.when(orderPlaced, orderShipped).thenDocument('order-search', 'order-1', {
      stream: 'order-1',
      status: 'shipped',
      customer: 'a customer',
      product: 'a product',
      total: '12.50',
    });
  });
});
