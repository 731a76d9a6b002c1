// What a product page shows, for every SKU that occurs in any event.
import { addMoney, lineTotal, money, ZERO_MONEY } from '#apps/read-models/src/money/money.js';
import { ProductCard } from '#apps/read-models/src/cache/product-card.document.js';
import { badDebtEvents } from '#src/ledger/bad-debt/bad-debt.events.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { stockAdjustmentEvents } from '#src/ledger/stock-adjustment/stock-adjustment.events.js';
import { occurredAt } from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';

export const productCards = documentProjection({
  name: 'product-cards',
  version: 1,
  document: ProductCard,
  events: [orderEvents, creditNoteEvents, stockAdjustmentEvents, badDebtEvents],
  key: (event) => ('sku' in event.data ? event.data.sku : null),
  evolve: {
    OrderLineAdded: (card, event, sku): ProductCard => {
      const { quantity, unitPrice, description } = event.data;
      return {
        sku,
        description,
        price: money(unitPrice),
        unitsSold: (card?.unitsSold ?? 0) + quantity,
        unitsReturned: card?.unitsReturned ?? 0,
        grossRevenue: addMoney(card?.grossRevenue ?? ZERO_MONEY, lineTotal(unitPrice, quantity)),
        lastSoldAt: occurredAt(event),
      };
    },
    CreditLineAdded: (card, event, sku): ProductCard => {
      const before = card ?? blankCard(sku);
      return { ...before, unitsReturned: before.unitsReturned + event.data.quantity };
    },
    StockAdjusted: (card, _, sku) => card ?? blankCard(sku),
    BadDebtAdjusted: (card, _, sku) => card ?? blankCard(sku),
  },
});

const blankCard = (sku: string): ProductCard => ({
  sku,
  description: null,
  price: null,
  unitsSold: 0,
  unitsReturned: 0,
  grossRevenue: ZERO_MONEY,
  lastSoldAt: null,
});
