// Totals of orders and credit notes, and the sums of a customer's documents.
import { addMoney, lineTotal, subtractMoney, ZERO_MONEY } from '#apps/read-models/src/money/money.js';
import { CustomerBalance, DocumentTotal } from '#apps/read-models/src/cache/customer-balance.document.js';
import { LineWithoutDocument } from '#apps/read-models/src/errors.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import type { RecordedEvent } from '@mainstem/event-store';
import { count, decimalSum, documentProjection, rollUp } from '@mainstem/projection';

const MONEY_PLACES = 3;

export const documentTotals = documentProjection({
  name: 'document-totals',
  version: 1,
  document: DocumentTotal,
  events: [orderEvents, creditNoteEvents],
  key: (event) => event.stream,
  evolve: {
    OrderPlaced: (_, { stream, data }): DocumentTotal => ({ stream, kind: 'order', customerId: data.customerId, total: ZERO_MONEY }),
    OrderLineAdded: (document, event) => withLine(document, event),
    CreditNoteIssued: (_, { stream, data }): DocumentTotal => ({ stream, kind: 'credit', customerId: data.customerId, total: ZERO_MONEY }),
    CreditLineAdded: (document, event) => withLine(document, event),
  },
  rollUps: [
    rollUp(DocumentTotal, {
      name: 'customer-balances',
      document: CustomerBalance,
      keyField: 'customerId',
      groupBy: (document) => document.customerId,
      measures: {
        orders: count((document) => document.kind === 'order'),
        creditNotes: count((document) => document.kind === 'credit'),
        grossSales: decimalSum(MONEY_PLACES, (document) => (document.kind === 'order' ? document.total : ZERO_MONEY)),
        creditedAmount: decimalSum(MONEY_PLACES, (document) => (document.kind === 'credit' ? document.total : ZERO_MONEY)),
        netSales: decimalSum(MONEY_PLACES, (document) => (document.kind === 'order' ? document.total : subtractMoney(ZERO_MONEY, document.total))),
      },
    }),
  ],
});

type LineEvent = RecordedEvent<string, { readonly quantity: number; readonly unitPrice: string }>;

const withLine = (document: Readonly<DocumentTotal> | null, event: LineEvent): DocumentTotal => {
  if (!document) throw new LineWithoutDocument(event.stream);
  return { ...document, total: addMoney(document.total, lineTotal(event.data.unitPrice, event.data.quantity)) };
};
