// Counters: projections that are not idempotent on purpose. A doubled or lost event shows for ever.
import { badDebtEvents } from '#src/ledger/bad-debt/bad-debt.events.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { stockAdjustmentEvents } from '#src/ledger/stock-adjustment/stock-adjustment.events.js';
import { documentProjection, handlerProjection, type DocumentProjection } from '@mainstem/projection';
import type { SqlTransaction } from '@mainstem/sql';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many events were applied, for the one key `all`. */
@Entity('counted_events')
export class SqlCounter {
  @PrimaryColumn('text') key!: string;
  @Column('integer') events!: number;
}

const counted = (document: Readonly<SqlCounter> | null): SqlCounter => ({ key: 'all', events: (document?.events ?? 0) + 1 });

/** One for each read store; the SQL one needs `SqlCounter` among the entities. */
export const counterOf = (store: 'sql' | 'cache' | 'search'): DocumentProjection =>
  documentProjection({
    name: `${store}-counter`,
    version: 1,
    document: SqlCounter,
    events: [orderEvents, creditNoteEvents, stockAdjustmentEvents, badDebtEvents],
    key: () => 'all',
    evolve: {
      OrderPlaced: counted,
      OrderLineAdded: counted,
      CreditNoteIssued: counted,
      CreditLineAdded: counted,
      StockAdjusted: counted,
      BadDebtAdjusted: counted,
    },
  });

/** The same, for the one key `all`, by a handler. */
@Entity('events_counted_by_handler')
export class SqlHandlerCounter {
  @PrimaryColumn('text') key!: string;
  @Column('integer') events!: number;
}

/** Adds to what it finds in its own transaction. */
export const sqlHandlerCounter = handlerProjection<
  SqlTransaction,
  [typeof orderEvents, typeof creditNoteEvents, typeof stockAdjustmentEvents, typeof badDebtEvents]
>({
  name: 'sql-handler-counter',
  version: 1,
  tables: { 'handler-counts': SqlHandlerCounter },
  events: [orderEvents, creditNoteEvents, stockAdjustmentEvents, badDebtEvents],
  key: () => 'all',
  apply: async (transaction, events) => {
    const found = await transaction.find<SqlHandlerCounter>('handler-counts', ['all']);
    await transaction.upsert('handler-counts', [{ key: 'all', events: (found.get('all')?.events ?? 0) + events.length }]);
  },
});
