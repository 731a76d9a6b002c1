// Products follow from orders, credit notes and stock adjustments: each line is told to the product of its SKU.
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { product } from '#src/ledger/product/product.aggregate.js';
import { RecordCorrection, RecordReturn, RecordSale } from '#src/ledger/product/product.commands.js';
import { stockAdjustmentEvents } from '#src/ledger/stock-adjustment/stock-adjustment.events.js';
import { occurredAt } from '@mainstem/event-store';
import { reactor, send, type Reactor } from '@mainstem/process';
import { aggregateIdOf } from './aggregate-id.js';

export const productsPolicy: Reactor = reactor({
  name: 'products-policy',
  events: [orderEvents, creditNoteEvents, stockAdjustmentEvents],
  startsAt: 'first-event',
  key: ({ data }) => ('sku' in data ? data.sku : null),
  together: true,
  react: {
    OrderLineAdded: (event) => {
      const { line, sku, quantity, description, unitPrice } = event.data;
      const sale = { document: event.stream, line, quantity, description, unitPrice, at: occurredAt(event) };
      return [send('sale', product, aggregateIdOf(sku), Object.assign(new RecordSale(), sale))];
    },
    CreditLineAdded: ({ stream, data: { line, sku, quantity } }) => [
      send('return', product, aggregateIdOf(sku), Object.assign(new RecordReturn(), { document: stream, line, quantity })),
    ],
    StockAdjusted: ({ stream, data: { line, sku, quantityDelta } }) => [
      send('correction', product, aggregateIdOf(sku), Object.assign(new RecordCorrection(), { document: stream, line, quantityDelta })),
    ],
  },
});
