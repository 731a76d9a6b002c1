// Units sold of each SKU in each month, for the monthly leaderboards.
import { MonthlyProduct } from '#apps/read-models/src/cache/product-card.document.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { occurredAt } from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';

const MONTH_LENGTH = '2010-12'.length;

export const monthlyProducts = documentProjection({
  name: 'monthly-products',
  version: 1,
  document: MonthlyProduct,
  events: [orderEvents],
  key: (event) => (event.type === 'OrderLineAdded' ? `${occurredAt(event).slice(0, MONTH_LENGTH)}/${event.data.sku}` : null),
  evolve: {
    OrderLineAdded: (product, event, key): MonthlyProduct => ({
      month: key.slice(0, MONTH_LENGTH),
      sku: event.data.sku,
      unitsSold: (product?.unitsSold ?? 0) + event.data.quantity,
    }),
  },
});
