// The rules that the recorded data breaks, found from events alone: a rebuild finds the same again.
import { LEDGER } from '#apps/read-models/src/sql/ledger-totals.entity.js';
import { AuditedCustomer, AuditedLedger, AuditedSku, AuditedSpelling, AuditedStream } from '#apps/read-models/src/sql/audit.entity.js';
import { Violation } from '#apps/read-models/src/sql/violation.entity.js';
import { badDebtEvents } from '#src/ledger/bad-debt/bad-debt.events.js';
import { creditNoteEvents } from '#src/ledger/credit-note/credit-note.events.js';
import { orderEvents } from '#src/ledger/order/order.events.js';
import { stockAdjustmentEvents } from '#src/ledger/stock-adjustment/stock-adjustment.events.js';
import { handlerProjection } from '@mainstem/projection';
import type { SqlTransaction } from '@mainstem/sql';
import { isHeader, LedgerAudit, type LedgerEvent } from './ledger-audit.js';

export const violations = handlerProjection<
  SqlTransaction,
  [typeof orderEvents, typeof creditNoteEvents, typeof stockAdjustmentEvents, typeof badDebtEvents]
>({
  name: 'violations',
  version: 1,
  tables: {
    violations: Violation,
    'audit-streams': AuditedStream,
    'audit-customers': AuditedCustomer,
    'audit-skus': AuditedSku,
    'audit-spellings': AuditedSpelling,
    'audit-ledger': AuditedLedger,
  },
  events: [orderEvents, creditNoteEvents, stockAdjustmentEvents, badDebtEvents],
  // The rules span streams: after an event that cannot be judged, later ones cannot be judged either.
  key: () => LEDGER,
  apply: async (transaction, events) => {
    const audit = new LedgerAudit();
    await recall(audit, transaction, events);
    for (const event of events) audit.judge(event);
    await write(audit, transaction);
  },
});

const recall = async (audit: LedgerAudit, transaction: SqlTransaction, events: readonly LedgerEvent[]): Promise<void> => {
  const ledger = await transaction.find<AuditedLedger>('audit-ledger', [LEDGER]);
  audit.lastStream = ledger.get(LEDGER)?.lastStream;
  const streams = await transaction.find<AuditedStream>('audit-streams', begunEarlier(events));
  audit.streams.recall(streams);
  const headers = events.filter(isHeader).map((event) => event.data.customerId);
  const customers = new Set([...headers, ...[...streams.values()].map((stream) => stream.customerId)].filter((customerId) => customerId !== null));
  audit.customers.recall(await transaction.find<AuditedCustomer>('audit-customers', [...customers]));
  const skus = new Set(events.flatMap((event) => ('sku' in event.data ? [event.data.sku] : [])));
  audit.skus.recall(await transaction.find<AuditedSku>('audit-skus', [...skus]));
  const newSpellings = new Set([...skus].filter((sku) => !audit.skus.get(sku)).map((sku) => sku.toUpperCase()));
  audit.spellings.recall(await transaction.find<AuditedSpelling>('audit-spellings', [...newSpellings]));
};

/** The streams that this batch continues. */
const begunEarlier = (events: readonly LedgerEvent[]): readonly string[] => {
  const seen = new Set<string>();
  return events.flatMap(({ stream, revision }) => {
    if (seen.has(stream)) return [];
    seen.add(stream);
    return revision > 0n ? [stream] : [];
  });
};

const write = async (audit: LedgerAudit, transaction: SqlTransaction): Promise<void> => {
  for (const memory of [audit.streams, audit.customers, audit.skus, audit.spellings]) await transaction.upsert(memory.table, memory.changedRows());
  if (audit.lastStream !== undefined) await transaction.upsert('audit-ledger', [{ ledger: LEDGER, lastStream: audit.lastStream }]);
  await transaction.upsert('violations', audit.found);
  await transaction.delete('violations', audit.settled);
};
