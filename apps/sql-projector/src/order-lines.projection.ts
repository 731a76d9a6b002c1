// The lines of orders, one document a line.
import { lineTotal, money } from '#apps/read-models/src/money/money.js';
import { OrderLine, orderLineKey } from '#apps/read-models/src/sql/order-line.entity.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { documentProjection } from '@mainstem/projection';

export const orderLines = documentProjection({
  name: 'order-lines',
  version: 1,
  document: OrderLine,
  events: [orderEvents],
  key: (event) => (event.type === 'OrderLineAdded' ? orderLineKey(event.stream, event.data.line) : null),
  evolve: {
    OrderLineAdded: (_, { stream, data }, key): OrderLine => ({
      key,
      stream,
      line: data.line,
      sku: data.sku,
      description: data.description,
      quantity: data.quantity,
      unitPrice: money(data.unitPrice),
      total: lineTotal(data.unitPrice, data.quantity),
    }),
  },
});
