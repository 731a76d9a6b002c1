// Read models rebuilt from the first event, as `mainstem rebuild` does it: fill in bulk, indexes, check, promote.
import { cacheCollections } from '#apps/read-models/src/cache/cache-collections.js';
import { searchCollections } from '#apps/read-models/src/search/search-collections.js';
import { sqlEntities } from '#apps/read-models/src/sql/sql-entities.js';
import { hostedOnCache } from '#apps/cache-projector/src/cache-projections.js';
import { hostedOnSearch } from '#apps/search-projector/src/search-projections.js';
import { hostedOnSql } from '#apps/sql-projector/src/sql-projections.js';
import { EmbeddedCacheStore, EmbeddedEventStore, EmbeddedSearchStore } from '@mainstem/embedded';
import type { EventReader } from '@mainstem/event-store';
import type { HostedProjection, ReadStore } from '@mainstem/projection';
import { Rebuilder } from '@mainstem/projection/operate';
import { SqlReadStore, type SqlLocation } from '@mainstem/sql';
import { setFlagsFromString } from 'node:v8';
import { expectSame, measured, type Job, type JobContext, type Sample } from '../job.js';
import { inSchema } from '../postgres-schema.js';
import { OrderSummary, orderSummary } from '../order-summary.js';

/** Rebuilds the projections from one read, with checks; it ends when the last of them serves. */
export const rebuild = async (reader: EventReader, projections: readonly HostedProjection[]): Promise<void> => {
  const { projections: rebuilt } = await new Rebuilder({ reader, projections, followMs: 0 }).run();
  for (const { projection, outcome, reason } of rebuilt) expectSame(`${projection} (${reason ?? 'no reason'})`, outcome, 'promoted');
};

/** As the mainstem command does. */
export const boundHeap = (): void => setFlagsFromString('--heap-growing-percent=30');

export const fill = async ({ eventsDir, events }: JobContext, projections: readonly HostedProjection[]): Promise<Sample> => {
  boundHeap();
  const reader = await EmbeddedEventStore.open({ dir: eventsDir, isReadOnly: true });
  try {
    return await measured(async () => {
      await rebuild(reader, projections);
      return events;
    });
  } finally {
    await reader.close();
  }
};

export const closing = async (stores: readonly ReadStore[], work: () => Promise<Sample>): Promise<Sample> => {
  try {
    return await work();
  } finally {
    for (const store of stores) await store.close();
  }
};

const summaryIn = async (location: SqlLocation, context: JobContext): Promise<Sample> => {
  const store = await SqlReadStore.open(location, { entities: [OrderSummary] });
  return closing([store], async () => {
    const sample = await fill(context, [{ projection: orderSummary, store }]);
    await expectSummaries(store, context);
    return sample;
  });
};

export const expectSummaries = async (store: SqlReadStore, context: JobContext): Promise<void> => {
  const { value } = await store.read(['order-summary'], (manager) => manager.getRepository(OrderSummary).sum('version'));
  expectSame('versions of all orders', value, context.events - (await foreignEvents(context)));
};

/** Events that order-summary does not want. */
const foreignEvents = async ({ eventsDir }: JobContext): Promise<number> => {
  const reader = await EmbeddedEventStore.open({ dir: eventsDir, isReadOnly: true });
  let count = 0;
  for await (const batch of reader.readAll({ filter: { types: ['StockAdjusted', 'BadDebtAdjusted'] } })) count += batch.length;
  await reader.close();
  return count;
};

const allSqlIn = async (location: SqlLocation, context: JobContext): Promise<Sample> => {
  const store = await SqlReadStore.open(location, { entities: sqlEntities });
  return closing([store], () => fill(context, hostedOnSql(store)));
};

export const summaryOnSqlite: Job = (context) => summaryIn({ dir: context.dir }, context);
export const summaryOnPostgres: Job = (context) =>
  inSchema(context.postgresUrl, (schema) => summaryIn({ url: context.postgresUrl, schema }, context));
export const allSqlOnSqlite: Job = (context) => allSqlIn({ dir: context.dir }, context);
export const allSqlOnPostgres: Job = (context) => inSchema(context.postgresUrl, (schema) => allSqlIn({ url: context.postgresUrl, schema }, context));

export const allCache: Job = async (context) => {
  const store = await EmbeddedCacheStore.open({ dir: context.dir, collections: cacheCollections });
  return closing([store], () => fill(context, hostedOnCache(store)));
};

export const allSearch: Job = async (context) => {
  const store = await EmbeddedSearchStore.open({ dir: context.dir, collections: searchCollections });
  return closing([store], () => fill(context, hostedOnSearch(store)));
};

export const everything: Job = async (context) => {
  const { dir } = context;
  const sql = await SqlReadStore.open({ dir }, { entities: sqlEntities });
  const cache = await EmbeddedCacheStore.open({ dir, collections: cacheCollections });
  const search = await EmbeddedSearchStore.open({ dir, collections: searchCollections });
  return closing([sql, cache, search], () => fill(context, [...hostedOnSql(sql), ...hostedOnCache(cache), ...hostedOnSearch(search)]));
};
