// The cost of a projector application at rest: it looks for events, for promotions and after its leases.
import { hostedOnCache } from '#apps/cache-projector/src/cache-projections.js';
import { projectorProcessSettings } from '#apps/read-models/src/process-settings.js';
import { ProjectorProcessModule, type FilledStore } from '#apps/read-models/src/projector-process.module.js';
import { hostedOnSearch } from '#apps/search-projector/src/search-projections.js';
import { hostedOnSql } from '#apps/sql-projector/src/sql-projections.js';
import { readSettings } from '@mainstem/event-store/settings';
import { Projector } from '@mainstem/projection';
import { NestFactory } from '@nestjs/core';
import { setTimeout as pause } from 'node:timers/promises';
import { measured, type Job, type JobContext, type Sample } from '../job.js';
import { deleteIndices, indexPrefix, openSearchUrl } from '../opensearch-indices.js';
import { inSchema, schemaUrl } from '../postgres-schema.js';
import { redisUrl, withPrefix } from '../redis-prefix.js';

const START_SECONDS_MAX = 30;
/** Until the start and V8's collection of its garbage are over: that alone takes 0.2 to 0.5 % of the measured time. */
const SETTLE_MS = 15_000;
const SECONDS = 30;

const atRest = async ({ dir }: JobContext, filled: FilledStore, env: Readonly<Record<string, string>>): Promise<Sample> => {
  const app = await NestFactory.createApplicationContext(
    ProjectorProcessModule.forRoot(readSettings(projectorProcessSettings(), ['--dir', dir], env), filled),
    {
      logger: ['error', 'warn'],
    },
  );
  try {
    await allLive(app.get(Projector));
    await pause(SETTLE_MS);
    const sample = await measured(async () => {
      await pause(SECONDS * 1_000);
      return SECONDS;
    });
    return { ...sample, figures: { cpuPercent: (100 * sample.cpuMs) / sample.wallMs } };
  } finally {
    await app.close();
  }
};

const allLive = async (projector: Projector): Promise<void> => {
  for (let second = 0; second < START_SECONDS_MAX; second++) {
    if (projector.status().every(({ state }) => state === 'live')) return;
    await pause(1_000);
  }
  throw new Error(`not live after ${START_SECONDS_MAX} s: ${JSON.stringify(projector.status().map(({ state, reason }) => [state, reason]))}`);
};

export const restOnSqlite: Job = (context) => atRest(context, { store: 'sql', hosted: hostedOnSql }, {});

export const restOnPostgres: Job = (context) =>
  inSchema(context.postgresUrl, (schema) =>
    atRest(context, { store: 'sql', hosted: hostedOnSql }, { READ_STORE_SQL: schemaUrl(context.postgresUrl, schema) }),
  );

export const restOnRedis: Job = (context) =>
  withPrefix((prefix) => atRest(context, { store: 'cache', hosted: hostedOnCache }, { READ_STORE_CACHE: `${redisUrl()}?prefix=${prefix}` }));

export const restOnOpenSearch: Job = async (context) => {
  const prefix = indexPrefix();
  try {
    return await atRest(
      context,
      { store: 'search', hosted: hostedOnSearch },
      {
        READ_STORE_SEARCH: `${openSearchUrl()}?prefix=${prefix}&replicas=0`,
      },
    );
  } finally {
    await deleteIndices(openSearchUrl(), prefix);
  }
};
