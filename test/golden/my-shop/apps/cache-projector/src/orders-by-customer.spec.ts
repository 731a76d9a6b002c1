// Orders by customer: events in, documents out.
import { givenEvents } from '@mainstem/testing';
import { describe, it } from 'vitest';
import { ordersByCustomerProjection } from './orders-by-customer.projection.js';

describe('orders-by-customer', () => {
  it('shows how many events there were for each customer', () => {
    const scenario = givenEvents(ordersByCustomerProjection, []);
    const orderPlaced = { stream: 'order-1', type: 'OrderPlaced', data: { customer: 'a customer', product: 'a product', total: '12.50' } };

    scenario.when(orderPlaced).thenDocument('orders-by-customer', 'a customer', { customer: 'a customer', count: 1, lastStream: 'order-1' });
  });
});
