// In the cache: orders by customer. One document for each customer.
import { orderEvents } from '#src/order/order.events.js';
import { type BoardEntry, documentProjection } from '@mainstem/projection';

export class OrdersByCustomer {
  customer!: string;
  count!: number;
  lastStream!: string;
}

export const ordersByCustomerProjection = documentProjection({
  name: 'orders-by-customer',
  version: 1,
  document: OrdersByCustomer,
  events: [orderEvents],
  key: (event) => (event.type === 'OrderPlaced' ? event.data.customer : null),
  evolve: {
    OrderPlaced: (before, { stream }, key) => ({ customer: key, count: (before?.count ?? 0) + 1, lastStream: stream }),
  },
});

/** A leaderboard: the highest count first. */
export const ordersByCustomerBoards = (document: OrdersByCustomer): readonly BoardEntry[] => [{ board: 'count', score: document.count }];
