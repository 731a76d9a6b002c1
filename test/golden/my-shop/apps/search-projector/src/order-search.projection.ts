// In the search index: order search. One document for each order.
import { orderEvents } from '#src/order/order.events.js';
import { documentProjection } from '@mainstem/projection';

export class OrderSearch {
  stream!: string;
  status!: string;
  customer!: string | null;
  product!: string | null;
  total!: string | null;
}

export const orderSearchProjection = documentProjection({
  name: 'order-search',
  version: 1,
  document: OrderSearch,
  events: [orderEvents],
  key: (event) => event.stream,
  evolve: {
    OrderPlaced: (before, { stream, data }) => ({
      ...(before ?? blank(stream)),
      status: 'placed',
      customer: data.customer,
      product: data.product,
      total: data.total,
    }),
    OrderShipped: (before, { stream }) => ({ ...(before ?? blank(stream)), status: 'shipped' }),
  },
});

/** Before the first of its events. */
const blank = (stream: string): OrderSearch => ({ stream, status: 'unknown', customer: null, product: null, total: null });
