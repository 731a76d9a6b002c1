// The whole ledger in one document.
import { addMoney, lineTotal, ZERO_MONEY } from '#apps/read-models/src/money/money.js';
import { LEDGER, LedgerTotals } from '#apps/read-models/src/sql/ledger-totals.entity.js';
import { badDebtEvents } from '#src/ledger/bad-debt/bad-debt.events.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { stockAdjustmentEvents } from '#src/ledger/stock-adjustment/stock-adjustment.events.js';
import { occurredAt, type RecordedEvent } from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';

export const ledgerTotals = documentProjection({
  name: 'ledger-totals',
  version: 1,
  document: LedgerTotals,
  events: [orderEvents, creditNoteEvents, stockAdjustmentEvents, badDebtEvents],
  key: () => LEDGER,
  evolve: {
    OrderPlaced: (totals, event) => {
      const next = counted(totals, event);
      next.ordersPlaced++;
      return next;
    },
    OrderLineAdded: (totals, event) => {
      const next = counted(totals, event);
      next.orderLinesAdded++;
      next.unitsSold += event.data.quantity;
      next.grossSales = addMoney(next.grossSales, lineTotal(event.data.unitPrice, event.data.quantity));
      return next;
    },
    CreditNoteIssued: (totals, event) => {
      const next = counted(totals, event);
      next.creditNotesIssued++;
      return next;
    },
    CreditLineAdded: (totals, event) => {
      const next = counted(totals, event);
      next.creditLinesAdded++;
      next.unitsReturned += event.data.quantity;
      next.creditedAmount = addMoney(next.creditedAmount, lineTotal(event.data.unitPrice, event.data.quantity));
      return next;
    },
    StockAdjusted: (totals, event) => {
      const next = counted(totals, event);
      next.stockAdjustments++;
      if (event.data.quantityDelta > 0) next.stockAdjustedUp += event.data.quantityDelta;
      else next.stockAdjustedDown += event.data.quantityDelta;
      return next;
    },
    BadDebtAdjusted: (totals, event) => {
      const next = counted(totals, event);
      next.badDebtAdjustments++;
      next.badDebt = addMoney(next.badDebt, event.data.amount);
      return next;
    },
  },
});

/** A copy for one event, with what every event adds. */
const counted = (totals: Readonly<LedgerTotals> | null, event: RecordedEvent): LedgerTotals => {
  const at = occurredAt(event);
  const next = { ...(totals ?? emptyLedger(at)) };
  if (event.revision === 0n) next.streams++;
  next.lastAt = at;
  return next;
};

const emptyLedger = (at: string): LedgerTotals => ({
  ledger: LEDGER,
  streams: 0,
  ordersPlaced: 0,
  orderLinesAdded: 0,
  creditNotesIssued: 0,
  creditLinesAdded: 0,
  stockAdjustments: 0,
  badDebtAdjustments: 0,
  grossSales: ZERO_MONEY,
  creditedAmount: ZERO_MONEY,
  badDebt: ZERO_MONEY,
  unitsSold: 0,
  unitsReturned: 0,
  stockAdjustedUp: 0,
  stockAdjustedDown: 0,
  firstAt: at,
  lastAt: at,
});
