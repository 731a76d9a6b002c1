// Ceiling of a rebuild of order-summary: fold large batches, write each changed row once, with the checkpoint.
import { opened, withLine, type HeaderData, type LineData, type OrderSummary } from '../order-summary.js';
import { expectSame, measured, type Job, type JobContext, type Sample } from '../job.js';
import { namesIn, openEvents, pagesOf, type EventRow } from './event-source.js';

export interface SummaryTarget {
  /** Writes the rows and the checkpoint as one step. */
  write(rows: readonly OrderSummary[], position: number): Promise<void>;
  sumOfVersions(): Promise<number>;
  close(): Promise<void>;
}

const BATCH_EVENTS = 20_000;

/** Folds one page; returns the changed documents. */
const folder = (streams: readonly string[], types: readonly string[]): ((page: readonly EventRow[]) => readonly OrderSummary[]) => {
  const documents: OrderSummary[] = [];
  return (page) => {
    const changed = new Set<number>();
    for (const [, , stream, , type, , data, metadata] of page) {
      const name = types[type];
      if (name === 'StockAdjusted' || name === 'BadDebtAdjusted') continue;
      const { occurredAt } = JSON.parse(metadata) as { readonly occurredAt: string };
      const payload: unknown = JSON.parse(data);
      if (name === 'OrderPlaced') documents[stream] = opened(streams[stream] as string, 'order', payload as HeaderData, occurredAt);
      else if (name === 'CreditNoteIssued') documents[stream] = opened(streams[stream] as string, 'credit', payload as HeaderData, occurredAt);
      else documents[stream] = withLine(documents[stream] as OrderSummary, payload as LineData, occurredAt);
      changed.add(stream);
    }
    return [...changed].map((stream) => documents[stream] as OrderSummary);
  };
};

const fill = async (context: JobContext, target: SummaryTarget): Promise<Sample> => {
  const { eventsDir, events } = context;
  const database = openEvents(eventsDir);
  const types = namesIn(database, 'types');
  const sample = await measured(async () => {
    const fold = folder(namesIn(database, 'streams'), types);
    for (const page of pagesOf(database, BATCH_EVENTS)) await target.write(fold(page), page.at(-1)?.[0] ?? 0);
    return events;
  });
  database.close();
  await expectWhole(context, target);
  return sample;
};

const expectWhole = async ({ eventsDir }: JobContext, target: SummaryTarget): Promise<void> => {
  const database = openEvents(eventsDir);
  const wanted = database
    .prepare(`SELECT count(*) AS value FROM events WHERE type NOT IN (SELECT id FROM types WHERE name IN ('StockAdjusted', 'BadDebtAdjusted'))`)
    .get()?.['value'];
  expectSame('versions of all orders', await target.sumOfVersions(), wanted);
  await target.close();
  database.close();
};

export const summaryOnSqlite: Job = async (context) => fill(context, await (await import('./summary-sqlite.js')).openTarget(context));
export const summaryOnPostgres: Job = async (context) => {
  const { withTarget } = await import('./summary-postgres.js');
  return withTarget(context, (target) => fill(context, target));
};

/** Events in the same PostgreSQL, too. */
export const summaryInPostgres: Job = async (context) => {
  const { withTarget } = await import('./summary-postgres.js');
  const { withEvents } = await import('./postgres-events.js');
  const { measuredWithServer } = await import('../server-time.js');
  return withTarget(context, (target) =>
    withEvents(context, async (source) => {
      const sample = await measuredWithServer(context.postgresUrl, async () => {
        const fold = folder(source.streams.known, source.types.known);
        for await (const page of source.pages(BATCH_EVENTS)) await target.write(fold(page), page.at(-1)?.[0] ?? 0);
        return context.events;
      });
      await expectWhole(context, target);
      return sample;
    }),
  );
};

/** Columns in the order of `valuesOf`. */
export const COLUMNS = [
  ['stream', 'text'],
  ['kind', 'text'],
  ['customer_id', 'text'],
  ['country', 'text'],
  ['lines', 'integer'],
  ['units', 'integer'],
  ['total', 'double precision'],
  ['first_at', 'text'],
  ['last_at', 'text'],
  ['last_sku', 'text'],
  ['last_description', 'text'],
  ['version', 'integer'],
] as const;

export const valuesOf = (row: OrderSummary): readonly (string | number | null)[] => [
  row.stream,
  row.kind,
  row.customerId,
  row.country,
  row.lines,
  row.units,
  row.total,
  row.firstAt,
  row.lastAt,
  row.lastSku,
  row.lastDescription,
  row.version,
];
