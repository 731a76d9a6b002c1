// Sales by the month in which each event happened.
import { addMoney, lineTotal, ZERO_MONEY } from '#apps/read-models/src/money/money.js';
import { MonthSales } from '#apps/read-models/src/sql/month-sales.entity.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { occurredAt } from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';

const MONTH_LENGTH = '2010-12'.length;

export const salesByMonth = documentProjection({
  name: 'sales-by-month',
  version: 1,
  document: MonthSales,
  events: [orderEvents, creditNoteEvents],
  key: (event) => occurredAt(event).slice(0, MONTH_LENGTH),
  evolve: {
    OrderPlaced: (sales, _, month) => ({ ...(sales ?? noSales(month)), orders: (sales?.orders ?? 0) + 1 }),
    OrderLineAdded: (sales, event, month) => sold(sales ?? noSales(month), event.data.quantity, event.data.unitPrice),
    CreditNoteIssued: (sales, _, month) => ({ ...(sales ?? noSales(month)), creditNotes: (sales?.creditNotes ?? 0) + 1 }),
    CreditLineAdded: (sales, event, month) => credited(sales ?? noSales(month), event.data.quantity, event.data.unitPrice),
  },
});

const noSales = (month: string): MonthSales => ({
  month,
  orders: 0,
  creditNotes: 0,
  grossSales: ZERO_MONEY,
  creditedAmount: ZERO_MONEY,
  unitsSold: 0,
  unitsReturned: 0,
});

const sold = (sales: Readonly<MonthSales>, quantity: number, unitPrice: string): MonthSales => ({
  ...sales,
  grossSales: addMoney(sales.grossSales, lineTotal(unitPrice, quantity)),
  unitsSold: sales.unitsSold + quantity,
});

const credited = (sales: Readonly<MonthSales>, quantity: number, unitPrice: string): MonthSales => ({
  ...sales,
  creditedAmount: addMoney(sales.creditedAmount, lineTotal(unitPrice, quantity)),
  unitsReturned: sales.unitsReturned + quantity,
});
