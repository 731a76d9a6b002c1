// Orders and credit notes, and their sums by customer and by country.
import { addMoney, lineTotal, moneyScore, subtractMoney, ZERO_MONEY } from '#apps/read-models/src/money/money.js';
import { LineWithoutDocument } from '#apps/read-models/src/errors.js';
import { CountrySales, Customer, SalesDocument, type SalesDocumentKind } from '#apps/read-models/src/sql/sales-document.entity.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { occurredAt, type RecordedEvent } from '@mainstem/event-store';
import { count, decimalSum, documentProjection, max, min, rollUp } from '@mainstem/projection';

const isOrder = (document: Readonly<SalesDocument>): boolean => document.kind === 'order';
const isCreditNote = (document: Readonly<SalesDocument>): boolean => document.kind === 'credit';

const MONEY_PLACES = 3;
const salesMeasures = {
  orders: count<SalesDocument>(isOrder),
  creditNotes: count<SalesDocument>(isCreditNote),
  grossSales: decimalSum<SalesDocument>(MONEY_PLACES, (document) => (isOrder(document) ? document.total : ZERO_MONEY)),
  creditedAmount: decimalSum<SalesDocument>(MONEY_PLACES, (document) => (isCreditNote(document) ? document.total : ZERO_MONEY)),
  netSales: decimalSum<SalesDocument>(MONEY_PLACES, (document) => (isOrder(document) ? document.total : subtractMoney(ZERO_MONEY, document.total))),
};

export const salesDocuments = documentProjection({
  name: 'sales-documents',
  version: 1,
  document: SalesDocument,
  events: [orderEvents, creditNoteEvents],
  key: (event) => event.stream,
  evolve: {
    OrderPlaced: (_, event) => opened('order', event),
    OrderLineAdded: (document, event) => withLine(document, event),
    CreditNoteIssued: (_, event) => opened('credit', event),
    CreditLineAdded: (document, event) => withLine(document, event),
  },
  rollUps: [
    rollUp(SalesDocument, {
      name: 'customers',
      document: Customer,
      keyField: 'customerId',
      groupBy: (document) => document.customerId,
      measures: { ...salesMeasures, firstAt: min((document) => document.firstAt), lastAt: max((document) => document.lastAt) },
    }),
    rollUp(SalesDocument, {
      name: 'sales-by-country',
      document: CountrySales,
      keyField: 'country',
      groupBy: (document) => document.country,
      measures: salesMeasures,
    }),
  ],
});

type HeaderEvent = RecordedEvent<string, { readonly customerId: string | null; readonly country: string }>;
type LineEvent = RecordedEvent<string, { readonly quantity: number; readonly unitPrice: string }>;

const opened = (kind: SalesDocumentKind, event: HeaderEvent): SalesDocument => {
  const at = occurredAt(event);
  const { customerId, country } = event.data;
  return { stream: event.stream, kind, customerId, country, lines: 0, units: 0, total: ZERO_MONEY, totalScore: 0, firstAt: at, lastAt: at };
};

const withLine = (document: Readonly<SalesDocument> | null, event: LineEvent): SalesDocument => {
  if (!document) throw new LineWithoutDocument(event.stream);
  const { quantity, unitPrice } = event.data;
  const total = addMoney(document.total, lineTotal(unitPrice, quantity));
  return {
    stream: document.stream,
    kind: document.kind,
    customerId: document.customerId,
    country: document.country,
    lines: document.lines + 1,
    units: document.units + quantity,
    total,
    totalScore: moneyScore(total),
    firstAt: document.firstAt,
    lastAt: occurredAt(event),
  };
};
