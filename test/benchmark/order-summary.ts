// One document an order or credit note, as a row of twelve columns: the model that rebuilds are compared with.
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { occurredAt, type RecordedEvent } from '@mainstem/event-store';
import { documentProjection } from '@mainstem/projection';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('order_summary')
export class OrderSummary {
  @PrimaryColumn('text') stream!: string;
  @Column('text') kind!: string;
  @Column('text', { nullable: true }) customerId!: string | null;
  @Column('text') country!: string;
  @Column('integer') lines!: number;
  @Column('integer') units!: number;
  /** In thousandths. */
  @Column('double precision') total!: number;
  @Column('text') firstAt!: string;
  @Column('text') lastAt!: string;
  @Column('text', { nullable: true }) lastSku!: string | null;
  @Column('text', { nullable: true }) lastDescription!: string | null;
  /** Events of the document. */
  @Column('integer') version!: number;
}

export interface HeaderData {
  readonly customerId: string | null;
  readonly country: string;
}

export interface LineData {
  readonly sku: string;
  readonly description: string;
  readonly quantity: number;
  readonly unitPrice: string;
}

/** The document that a header opens. */
export const opened = (stream: string, kind: string, { customerId, country }: HeaderData, at: string): OrderSummary => ({
  stream,
  kind,
  customerId,
  country,
  lines: 0,
  units: 0,
  total: 0,
  firstAt: at,
  lastAt: at,
  lastSku: null,
  lastDescription: null,
  version: 1,
});

/** A new document with one more line. */
export const withLine = (summary: Readonly<OrderSummary>, { sku, description, quantity, unitPrice }: LineData, at: string): OrderSummary => ({
  stream: summary.stream,
  kind: summary.kind,
  customerId: summary.customerId,
  country: summary.country,
  lines: summary.lines + 1,
  units: summary.units + quantity,
  total: summary.total + Math.round(Number(unitPrice) * 1_000) * quantity,
  firstAt: summary.firstAt,
  lastAt: at,
  lastSku: sku,
  lastDescription: description,
  version: summary.version + 1,
});

const line = (summary: Readonly<OrderSummary> | null, event: RecordedEvent<string, LineData>): OrderSummary => {
  if (!summary) throw new Error(`${event.stream} has a line but no header`);
  return withLine(summary, event.data, occurredAt(event));
};

export const orderSummary = documentProjection({
  name: 'order-summary',
  version: 1,
  document: OrderSummary,
  events: [orderEvents, creditNoteEvents],
  key: (event) => event.stream,
  evolve: {
    OrderPlaced: (_, event) => opened(event.stream, 'order', event.data, occurredAt(event)),
    OrderLineAdded: line,
    CreditNoteIssued: (_, event) => opened(event.stream, 'credit', event.data, occurredAt(event)),
    CreditLineAdded: line,
  },
});
