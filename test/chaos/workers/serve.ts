// The shop without HTTP: takes commands, runs its projector and answers queries, each at a fixed rate, and reports
// wrong, stale and failed answers: `<folder> <commands a second> <reads a second>`.
import 'reflect-metadata';
import { CountrySales, SalesDocument } from '#apps/read-models/src/sql/sales-document.entity.js';
import type { DocumentTotal } from '#apps/read-models/src/cache/customer-balance.document.js';
import { EmbeddedCacheStore, EmbeddedEventStore, EmbeddedSearchStore } from '@mainstem/embedded';
import { eventIdOf, streamName, type NewEvent, type Position } from '@mainstem/event-store';
import { Projector, waitForPosition } from '@mainstem/projection';
import { SqlReadStore } from '@mainstem/sql';
import { atRate } from '../support/at-rate.js';
import { openShopStores } from './shop-stores.js';

const READ_TIMEOUT_MS = 20_000;
/** Counting time grows with the number of documents. */
const READS_PER_COUNT = 30;
const COUNTRIES = ['France', 'EIRE', 'Spain'];
const [dir = '', commandsPerSecond = '200', readsPerSecond = '200'] = process.argv.slice(2);

const store = await EmbeddedEventStore.open({ dir });
const { projections, stores } = await openShopStores(dir);
const projector = new Projector({ reader: store, projections });
projector.start();

/** An acknowledged command: what a query must see from this position on. */
interface Acknowledged {
  readonly stream: string;
  readonly lines: number;
  readonly position: Position;
}
let latest: Acknowledged | undefined;
let commands = 0;
let reads = 0;
const flaws: string[] = [];

const command = async (): Promise<void> => {
  const number = `P${++commands}`;
  const stream = streamName(`order-${number}`);
  const lines = 1 + (commands % 3);
  const events: NewEvent[] = Array.from({ length: lines + 1 }, (_, index) => ({
    id: eventIdOf(number, stream, index),
    type: index === 0 ? 'OrderPlaced' : 'OrderLineAdded',
    data:
      index === 0
        ? { orderNo: number, customerId: `9${commands % 50}`, country: COUNTRIES[commands % 3] }
        : { line: index, sku: `S${commands % 40}`, description: `THING ${commands % 25}`, quantity: index, unitPrice: '1.25' },
    metadata: { commandId: number },
  }));
  const { position } = await store.append(stream, events, { expectedRevision: 'no-stream' });
  if (latest === undefined || position > latest.position) latest = { stream, lines, position };
};

/** Positions that queries have shown: none may go back behind them. */
const shown = new Map<string, Position>();

const checked = async (
  projection: string,
  query: () => Promise<{ flaw: string | undefined; position: Position | undefined }>,
  min: Position,
): Promise<void> => {
  const before = shown.get(projection) ?? min;
  const least = before > min ? before : min;
  const { flaw, position } = await query();
  if (flaw !== undefined) flaws.push(`${projection}: ${flaw}`);
  if (position === undefined || position < least) flaws.push(`${projection}: shows ${position}, had to show ${least}`);
  else if (position > (shown.get(projection) ?? 0n)) shown.set(projection, position);
};

const { sql, cache, search } = stores;
if (!(sql instanceof SqlReadStore && cache instanceof EmbeddedCacheStore && search instanceof EmbeddedSearchStore))
  throw new TypeError('other stores');

const readSql = ({ stream, lines }: Acknowledged) =>
  sql.read(['sales-documents'], async (manager) => {
    const document = await manager.getRepository(SalesDocument).findOneBy({ stream });
    if (document?.lines !== lines) return `${stream} has ${document?.lines} lines, not ${lines}`;
    if (reads % READS_PER_COUNT > 2) return undefined;
    const orders = await manager.getRepository(SalesDocument).countBy({ kind: 'order' });
    const counted = (await manager.getRepository(CountrySales).find()).reduce((sum, country) => sum + country.orders, 0);
    return orders === counted ? undefined : `mixes generations: ${orders} orders, ${counted} in its roll-up`;
  });

const readCache = async ({ stream }: Acknowledged) => {
  const { value: document, position } = await cache.get<DocumentTotal>('document-totals', stream);
  const { value: top } = await cache.top<DocumentTotal>('document-totals', 'orders-by-total', { limit: 1 });
  return { value: document === undefined || top.length === 0 ? `${stream} is not there` : undefined, position };
};

const readSearch = async () => {
  const { total, position } = await search.search('product-texts', { query: 'thing', limit: 5 });
  return { value: total === 0 ? 'finds nothing' : undefined, position };
};

const read = async (): Promise<void> => {
  const wanted = latest;
  if (!wanted) return;
  const [projection, readStore, query] = (
    [
      ['sales-documents', sql, () => readSql(wanted)],
      ['document-totals', cache, () => readCache(wanted)],
      ['product-texts', search, readSearch],
    ] as const
  )[++reads % 3] ?? ['sales-documents', sql, () => readSql(wanted)];
  await waitForPosition(readStore, [projection], wanted.position, { timeoutMs: READ_TIMEOUT_MS });
  await checked(projection, async () => query().then(({ value, position }) => ({ flaw: value, position })), wanted.position);
};

const atEnd = async (): Promise<void> => {
  const head = await store.head();
  if (head === undefined) throw new Error('there are no events');
  await Promise.all(projections.map(({ projection }) => projector.waitFor(projection.name, head, { timeoutMs: READ_TIMEOUT_MS })));
};

await atEnd();
const failed = (what: string) => (error: unknown) => void flaws.push(`${what} failed: ${String(error)}`);
const stops = [atRate(Number(commandsPerSecond), command, failed('a command')), atRate(Number(readsPerSecond), read, failed('a read'))];
process.send?.({ kind: 'serving' });

process.once('message', () => {
  void (async () => {
    for (const stop of stops) await stop();
    await atEnd();
    await projector.stop();
    for (const one of [sql, cache, search, store]) await one.close();
    process.send?.({ kind: 'served', commands, reads, flaws: flaws.slice(0, 20), flawCount: flaws.length });
    process.disconnect();
  })();
});
