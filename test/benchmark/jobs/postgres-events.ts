// The event store on PostgreSQL: import, commands, reading, and a rebuild with the read model on the same server.
import { PostgresEventStore } from '@mainstem/postgres';
import { SqlReadStore } from '@mainstem/sql';
import type { Job, JobContext, Sample } from '../job.js';
import { OrderSummary, orderSummary } from '../order-summary.js';
import { inSchema } from '../postgres-schema.js';
import { measuredWithServer } from '../server-time.js';
import { readEvents } from './read.js';
import { boundHeap, closing, expectSummaries, rebuild } from './rebuild.js';
import { BY_64, importInto, ONE_BY_ONE, sendCommands } from './write.js';

type Measure = (work: () => Promise<number>) => Promise<Sample>;
type LogJob = (store: PostgresEventStore, context: JobContext, measure: Measure) => Promise<Sample>;

const inLog = async (context: JobContext, schema: string, job: LogJob): Promise<Sample> => {
  const store = await PostgresEventStore.open({ url: context.postgresUrl, schema });
  try {
    return await job(store, context, (work) => measuredWithServer(context.postgresUrl, work));
  } finally {
    await store.close();
  }
};

/** On a log of its own, gone afterwards. */
const inNewLog =
  (job: LogJob): Job =>
  (context) =>
    inSchema(context.postgresUrl, (schema) => inLog(context, schema, job));

/** On the log with the data. */
const inDataLog =
  (job: LogJob): Job =>
  (context) =>
    inLog(context, context.postgresLog, job);

export const importAlone = inNewLog(importInto);
export const commandsOneByOne = inNewLog((store, _, measure) => sendCommands(store, { ...ONE_BY_ONE, measure }));
export const commandsBy64 = inNewLog((store, _, measure) => sendCommands(store, { ...BY_64, measure }));
export const readAll = inDataLog((store, { events }, measure) => measure(() => readEvents(store, events)));

export const summary = inDataLog((reader, context, measure) =>
  inSchema(context.postgresUrl, async (schema) => {
    boundHeap();
    const store = await SqlReadStore.open({ url: context.postgresUrl, schema }, { entities: [OrderSummary] });
    return closing([store], async () => {
      const sample = await measure(async () => {
        await rebuild(reader, [{ projection: orderSummary, store }]);
        return context.events;
      });
      await expectSummaries(store, context);
      return sample;
    });
  }),
);
