// Counters: projections that are not idempotent on purpose. An event applied twice, or lost, is there for ever.
import { badDebtEvents } from '#src/ledger/bad-debt/bad-debt.events.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { stockAdjustmentEvents } from '#src/ledger/stock-adjustment/stock-adjustment.events.js';
import { documentProjection, type DocumentProjection } from '@mainstem/projection';
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
