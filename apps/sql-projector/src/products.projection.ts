// Every SKU that occurs in any event: sales, returns, corrections, prices and descriptions.
import { addMoney, compareMoney, lineTotal, money, ZERO_MONEY } from '#apps/read-models/src/money/money.js';
import { Product } from '#apps/read-models/src/sql/product.entity.js';
import { badDebtEvents } from '#src/ledger/bad-debt/bad-debt.events.js';
import { creditNoteEvents, type CreditLineAddedData } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents, type OrderLineAddedData } from '#src/ledger/order/order.events.js';
import { stockAdjustmentEvents } from '#src/ledger/stock-adjustment/stock-adjustment.events.js';
import { occurredAt } from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';

export const products = documentProjection({
  name: 'products',
  version: 1,
  document: Product,
  events: [orderEvents, creditNoteEvents, stockAdjustmentEvents, badDebtEvents],
  key: (event) => ('sku' in event.data ? event.data.sku : null),
  evolve: {
    OrderLineAdded: (product, event, sku) => sold(product ?? unknownProduct(sku), event.data, occurredAt(event)),
    CreditLineAdded: (product, event, sku) => returned(product ?? unknownProduct(sku), event.data),
    StockAdjusted: (product, event, sku) => corrected(product ?? unknownProduct(sku), event.data.quantityDelta),
    BadDebtAdjusted: (product, _, sku) => product ?? unknownProduct(sku),
  },
});

const unknownProduct = (sku: string): Product => ({
  sku,
  description: null,
  unitsSold: 0,
  unitsReturned: 0,
  stockDelta: 0,
  grossRevenue: ZERO_MONEY,
  creditedAmount: ZERO_MONEY,
  orderLines: 0,
  minPrice: null,
  maxPrice: null,
  firstSoldAt: null,
  lastSoldAt: null,
  isBadDebtOnly: true,
  descriptions: [],
});

const sold = (product: Readonly<Product>, line: Readonly<OrderLineAddedData>, at: string): Product => {
  const price = money(line.unitPrice);
  return {
    sku: product.sku,
    description: line.description,
    unitsSold: product.unitsSold + line.quantity,
    unitsReturned: product.unitsReturned,
    stockDelta: product.stockDelta,
    grossRevenue: addMoney(product.grossRevenue, lineTotal(line.unitPrice, line.quantity)),
    creditedAmount: product.creditedAmount,
    orderLines: product.orderLines + 1,
    minPrice: product.minPrice === null || compareMoney(price, product.minPrice) < 0 ? price : product.minPrice,
    maxPrice: product.maxPrice === null || compareMoney(price, product.maxPrice) > 0 ? price : product.maxPrice,
    firstSoldAt: product.firstSoldAt ?? at,
    lastSoldAt: at,
    isBadDebtOnly: false,
    descriptions: withDescription(product.descriptions, line.description),
  };
};

const returned = (product: Readonly<Product>, line: Readonly<CreditLineAddedData>): Product => ({
  ...product,
  unitsReturned: product.unitsReturned + line.quantity,
  creditedAmount: addMoney(product.creditedAmount, lineTotal(line.unitPrice, line.quantity)),
  isBadDebtOnly: false,
  descriptions: withDescription(product.descriptions, line.description),
});

const corrected = (product: Readonly<Product>, quantityDelta: number): Product => ({
  ...product,
  stockDelta: product.stockDelta + quantityDelta,
  isBadDebtOnly: false,
});

const withDescription = (descriptions: readonly string[], description: string): readonly string[] =>
  descriptions.includes(description) ? descriptions : [...descriptions, description];
