// The sources of an application before its first aggregate: settings, stores, processes, and the lists of its parts.
import type { ApplicationModel } from '../request/application-model.js';

/** One more import for a store that is a server, and how it is named and opened. */
const when = (condition: boolean, text: string): string => (condition ? text : '');

export const settingsFile = ({ eventStore, cache, search }: ApplicationModel): string => {
  const place = eventStore === 'postgres' ? 'embeddedForm, postgresEventsForm' : 'embeddedForm';
  const events =
    eventStore === 'eventstoredb'
      ? 'eventStoreSetting(embeddedForm)'
      : `placeSetting({ environment: 'EVENT_STORE', help: 'where the events are', forms: [${place}] })`;
  return `// What each process can be told, by flag or environment. \`npm start -- --help\` lists it.
import { dirSetting, embeddedForm } from '@mainstem/embedded/settings';
import { placeSetting, type ValuesOf } from '@mainstem/event-store/settings';
${when(eventStore === 'eventstoredb', `import { eventStoreSetting } from '@mainstem/eventstoredb/settings';\n`)}import { httpSettings, watchingSettings } from '@mainstem/nest/settings';
${when(search === 'opensearch', `import { openSearchForm } from '@mainstem/opensearch/settings';\n`)}${when(eventStore === 'postgres', `import { postgresEventsForm } from '@mainstem/postgres/settings';\n`)}import { projectorSettings } from '@mainstem/projection/settings';
${when(cache === 'redis', `import { redisForm } from '@mainstem/redis/settings';\n`)}import { sqlForms } from '@mainstem/sql/settings';

/** \`port\`: where the process listens unless it is told otherwise. */
export const settingRows = (port: number) => ({
  dir: dirSetting,
  eventStore: ${events},
  readStoreSql: placeSetting({ environment: 'READ_STORE_SQL', help: 'where the SQL read models are', forms: sqlForms }),
  readStoreCache: placeSetting({ environment: 'READ_STORE_CACHE', help: 'where the cache is', forms: [embeddedForm${when(cache === 'redis', ', redisForm')}] }),
  readStoreSearch: placeSetting({ environment: 'READ_STORE_SEARCH', help: 'where the search index is', forms: [embeddedForm${when(search === 'opensearch', ', openSearchForm')}] }),
  ...projectorSettings(),
  ...httpSettings({ port }),
  ...watchingSettings,
});

export type Settings = ValuesOf<ReturnType<typeof settingRows>>;
`;
};

export const eventStoreFile = ({ eventStore }: ApplicationModel): string => {
  if (eventStore === 'embedded')
    return `// Opens the event store: the truth, and the only thing that commands write.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { EventStore } from '@mainstem/event-store';
import type { Settings } from './settings.js';

export const openEventStore = ({ dir }: Pick<Settings, 'dir'>, isReadOnly = false): Promise<EventStore> =>
  EmbeddedEventStore.open({ dir, isReadOnly });
`;
  const [name, module] = eventStore === 'postgres' ? ['PostgresEventStore', 'postgres'] : ['EventStoreDbEventStore', 'eventstoredb'];
  const opened =
    eventStore === 'postgres'
      ? 'PostgresEventStore.open({ url: eventStore.postgresUrl, mustExist: isReadOnly })'
      : `EventStoreDbEventStore.open(eventStore)`;
  return `// Opens the event store that the settings name: the truth, and the only thing that commands write.
import { EmbeddedEventStore } from '@mainstem/embedded';
import type { EventStore } from '@mainstem/event-store';
import { ${name} } from '@mainstem/${module}';
import { mkdir } from 'node:fs/promises';
import type { Settings } from './settings.js';

export const openEventStore = async ({ dir, eventStore }: Pick<Settings, 'dir' | 'eventStore'>, isReadOnly = false): Promise<EventStore> => {
  if (eventStore === 'embedded') return EmbeddedEventStore.open({ dir, isReadOnly });
  // Embedded read models live in the folder, wherever the events are.
  if (!isReadOnly) await mkdir(dir, { recursive: true, mode: 0o700 });
  return ${opened};
};
`;
};

export const RUN = `// Runs an application as a process: settings, HTTP, and an end that loses nothing.
import { readSettings, settingsHelp } from '@mainstem/event-store/settings';
import { announce, configureHttp, EventStoreModule, listen, runMain, TelemetryModule } from '@mainstem/nest';
import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { openEventStore } from './event-store.js';
import { settingRows, type Settings } from './settings.js';

export type Imports = (settings: Settings) => NonNullable<ModuleMetadata['imports']>;

/** The application of these modules over the event store, not listening yet. */
export const createApplication = async (name: string, settings: Settings, imports: Imports): Promise<NestExpressApplication> => {
  const stores = [TelemetryModule.forRoot({ ...settings, serviceName: name }), EventStoreModule.forRoot({ open: () => openEventStore(settings) })];
  const module = { module: class Application {}, imports: [...stores, ...imports(settings)] };
  const options = { bodyParser: false, logger: ['error', 'warn'], forceCloseConnections: true, abortOnError: false } as const;
  return configureHttp(await NestFactory.create<NestExpressApplication>(module, { ...options, logger: [...options.logger] }));
};

/** Runs until the process is told to stop; \`--help\` prints the settings instead. */
export const run = (name: string, port: number, imports: Imports): void =>
  runMain(async () => {
    const rows = settingRows(port);
    const argv = process.argv.slice(2);
    if (argv.includes('--help')) return console.log(settingsHelp(name, rows));
    const settings = readSettings(rows, argv, process.env);
    const app = await createApplication(name, settings, imports);
    const url = await listen(app, settings.port, settings.host, settings);
    announce(\`\${name} on \${url}, health: \${url}/health/ready. Ctrl-C stops.\`);
  });
`;

export const AGGREGATES = `// All aggregates: each has a folder of its own here.
export const aggregates = [];
`;

export const COMMANDS_MODULE = `// The command side: handlers and routes of all aggregates.
import { CommandModule } from '@mainstem/nest';
import { Module } from '@nestjs/common';
import { aggregates } from './aggregates.js';

@Module({
  imports: [CommandModule.forRoot({ aggregates })],
  controllers: [],
  providers: [],
})
export class CommandsModule {}
`;

export const commandSideMain = (
  name: string,
): string => `// The command side alone: npm run start:command-side. Projectors and the query API run beside it.
import 'reflect-metadata';
import type { EventStore } from '@mainstem/event-store';
import { COMMAND_HEALTH, EVENT_STORE, eventStoreHealth, HealthModule, type HealthCheck } from '@mainstem/nest';
import { CommandsModule } from './commands.module.js';
import { run } from './run.js';

run('${name}: commands', 3000, () => [
  CommandsModule,
  HealthModule.forRootAsync({
    inject: [EVENT_STORE, COMMAND_HEALTH],
    useFactory: (store: EventStore, commands: HealthCheck) => [eventStoreHealth(store), commands],
  }),
]);
`;

const STORE_SAYS = { sql: 'the SQL read models', cache: 'the cache', search: 'the search index' } as const;
const PORTS = { sql: 3002, cache: 3003, search: 3004 } as const;
const TITLES = { sql: 'SQL', cache: 'cache', search: 'search' } as const;

export const projectorMain = (
  name: string,
  store: keyof typeof PORTS,
): string => `// Fills ${STORE_SAYS[store]} and does nothing else: npm run start:${store}-projector.
import 'reflect-metadata';
import { projectorOf } from '#apps/read-models/src/projector.js';
import { run } from '#src/run.js';

run('${name}: ${TITLES[store]} projector', ${PORTS[store]}, (settings) => projectorOf(settings, ['${store}']));
`;

export const allInOneMain = (name: string): string => `// Everything in one process, for development: npm start.
import 'reflect-metadata';
import { run } from '#src/run.js';
import { allInOne } from './all-in-one.js';

run('${name}', 3000, allInOne);
`;

export const ALL_IN_ONE = `// The command side, one projector for all read models, and the query API.
import { QueryApiModule } from '#apps/query-api/src/query-api.module.js';
import { projectorOf } from '#apps/read-models/src/projector.js';
import { CommandsModule } from '#src/commands.module.js';
import type { Imports } from '#src/run.js';

export const allInOne: Imports = (settings) => [CommandsModule, ...projectorOf(settings, ['sql', 'cache', 'search']), QueryApiModule];
`;

export const queryApiMain = (
  name: string,
): string => `// The query API alone: npm run start:query-api. It answers from what the projectors have written.
import 'reflect-metadata';
import { openReadStores } from '#apps/read-models/src/read-stores.js';
import { run } from '#src/run.js';
import type { EventStore } from '@mainstem/event-store';
import { EVENT_STORE, eventStoreHealth, HealthModule } from '@mainstem/nest';
import { QueryApiModule } from './query-api.module.js';

run('${name}: queries', 3001, (settings) => [
  openReadStores(settings, ['sql', 'cache', 'search']),
  QueryApiModule,
  HealthModule.forRootAsync({ inject: [EVENT_STORE], useFactory: (store: EventStore) => [eventStoreHealth(store)] }),
]);
`;

export const QUERY_MODULE = `// The query API: a controller for each projection. Needs the read stores.
import { PositionModule } from '@mainstem/nest';
import { Module } from '@nestjs/common';

@Module({
  imports: [PositionModule.forRoot()],
  controllers: [],
})
export class QueryApiModule {}
`;

export const FOUND = `// A document, or 404 with the position at which there is none.
import type { Answer, Reflecting } from '@mainstem/nest';
import { NotFoundException } from '@nestjs/common';

class NotThere extends NotFoundException implements Reflecting {
  constructor(
    key: string,
    readonly reflects: Reflecting['reflects'],
  ) {
    super(\`There is no \${key}.\`);
  }
}

export const found = <Document>({ value, position }: Answer<Document | null | undefined>, key: string): Answer<Document> => {
  if (value == null) throw new NotThere(key, position);
  return { value, position };
};
`;

export const SQL_PROJECTIONS = `// All projections of SQL, and the entities of their documents.
import type { AnyProjection } from '@mainstem/projection';

export const sqlProjections: readonly AnyProjection[] = [];
export const sqlEntities: readonly (new () => object)[] = [];
`;

export const CACHE_PROJECTIONS = `// All projections of the cache, and what it derives from their documents: leaderboards.
import type { AnyProjection } from '@mainstem/projection';

export const cacheProjections: readonly AnyProjection[] = [];
/** By the name of the projection. */
export const cacheCollections = {};
`;

export const SEARCH_PROJECTIONS = `// All projections of the search index, and which fields of their documents it searches.
import type { AnyProjection, SearchCollections } from '@mainstem/projection';

export const searchProjections: readonly AnyProjection[] = [];
/** By the name of the projection. */
export const searchCollections: SearchCollections = {};
`;

export const readStoresFile = ({ cache, search }: ApplicationModel): string => {
  const cacheOf =
    cache === 'redis'
      ? `  readStoreCache === 'embedded'
    ? EmbeddedCacheStore.open({ dir, mustExist, collections: cacheCollections })
    : RedisReadStore.open(readStoreCache, { collections: cacheCollections });`
      : `EmbeddedCacheStore.open({ dir, mustExist, collections: cacheCollections });`;
  const searchOf =
    search === 'opensearch'
      ? `  readStoreSearch === 'embedded'
    ? EmbeddedSearchStore.open({ dir, mustExist, collections: searchCollections })
    : OpenSearchReadStore.open(readStoreSearch, { collections: searchCollections });`
      : `EmbeddedSearchStore.open({ dir, mustExist, collections: searchCollections });`;
  return `// Opens the read stores that the settings name: one for each way of asking.
import { cacheCollections } from '#apps/cache-projector/src/cache-projections.js';
import { searchCollections } from '#apps/search-projector/src/search-projections.js';
import { sqlEntities } from '#apps/sql-projector/src/sql-projections.js';
import type { Settings } from '#src/settings.js';
import { EmbeddedCacheStore, EmbeddedSearchStore } from '@mainstem/embedded';
import { ReadStoreModule } from '@mainstem/nest';
${when(search === 'opensearch', `import { OpenSearchReadStore } from '@mainstem/opensearch';\n`)}import type { ReadStore } from '@mainstem/projection';
${when(cache === 'redis', `import { RedisReadStore } from '@mainstem/redis';\n`)}import { SqlReadStore } from '@mainstem/sql';
import type { DynamicModule } from '@nestjs/common';

/** Injection tokens. */
export const CACHE = Symbol('cache');
export const SEARCH = Symbol('search');
export const TOKENS = { sql: SqlReadStore, cache: CACHE, search: SEARCH } as const;
export type StoreName = keyof typeof TOKENS;

/** \`mustExist\`: refuse an embedded store that is not there, in place of making one. */
type Open = (settings: Settings, mustExist?: boolean) => Promise<ReadStore>;

const openSql: Open = ({ dir, readStoreSql }, mustExist = false) =>
  SqlReadStore.open(readStoreSql === 'embedded' ? { dir, mustExist } : readStoreSql, { entities: sqlEntities });

const openCache: Open = ({ dir${when(cache === 'redis', ', readStoreCache')} }, mustExist = false) =>${cache === 'redis' ? '\n' : ' '}${cacheOf}

const openSearch: Open = ({ dir${when(search === 'opensearch', ', readStoreSearch')} }, mustExist = false) =>${search === 'opensearch' ? '\n' : ' '}${searchOf}

export const OPEN: Readonly<Record<StoreName, Open>> = { sql: openSql, cache: openCache, search: openSearch };

/** Global: provides each store by its token. */
export const openReadStores = (settings: Settings, stores: readonly StoreName[]): DynamicModule =>
  ReadStoreModule.forRoot(...stores.map((name) => ({ provide: TOKENS[name], open: () => OPEN[name](settings) })));
`;
};

export const PROJECTOR = `// A projector for the read models of some stores: one reader of the event store, and health over HTTP.
import { cacheProjections } from '#apps/cache-projector/src/cache-projections.js';
import { searchProjections } from '#apps/search-projector/src/search-projections.js';
import { sqlProjections } from '#apps/sql-projector/src/sql-projections.js';
import type { Imports } from '#src/run.js';
import type { Settings } from '#src/settings.js';
import type { EventReader } from '@mainstem/event-store';
import { EVENT_STORE, eventStoreHealth, HealthModule, projectorHealth, ProjectorModule } from '@mainstem/nest';
import { partitioned, Projector, type HostedProjection, type ReadStore } from '@mainstem/projection';
import { openReadStores, TOKENS, type StoreName } from './read-stores.js';

const PROJECTIONS = { sql: sqlProjections, cache: cacheProjections, search: searchProjections } as const;

/** The projections of a store, as the settings want them to run. */
export const hostedOn = (name: StoreName, store: ReadStore, { partitions, rebuild }: Settings): readonly HostedProjection[] =>
  PROJECTIONS[name].map((projection) => ({ projection: partitioned(projection, partitions[projection.name] ?? 1), store, rebuild }));

export const projectorOf = (settings: Settings, names: readonly StoreName[]): ReturnType<Imports> => [
  openReadStores(settings, names),
  ProjectorModule.forRootAsync({
    inject: names.map((name) => TOKENS[name]),
    useFactory: (...stores: ReadStore[]) => names.flatMap((name, place) => hostedOn(name, stores[place] as ReadStore, settings)),
    leaseMs: settings.leaseMs,
  }),
  HealthModule.forRootAsync({
    inject: [EVENT_STORE, Projector],
    useFactory: (reader: EventReader, projector: Projector) => [eventStoreHealth(reader), projectorHealth(projector)],
  }),
];
`;

export const cliApplication = (name: string): string => `// The application for the mainstem command; package.json names this file.
import 'reflect-metadata';
import { hostedOn } from '#apps/read-models/src/projector.js';
import { OPEN } from '#apps/read-models/src/read-stores.js';
import { aggregates } from '#src/aggregates.js';
import { openEventStore } from '#src/event-store.js';
import { settingRows, type Settings } from '#src/settings.js';
import { defineApplication, type ApplicationSettings, type OpenReadModels } from '@mainstem/cli';
import { allOrNone } from '@mainstem/event-store';
import { readSettings } from '@mainstem/event-store/settings';

const rows = settingRows(3000);
const settingsOf = ({ dir, env }: ApplicationSettings): Settings => readSettings(rows, dir === undefined ? [] : ['--dir', dir], env);

const openReadModels = async (given: ApplicationSettings): Promise<OpenReadModels> => {
  const settings = settingsOf(given);
  const [sql, cache, search] = await allOrNone([OPEN.sql(settings, true), OPEN.cache(settings, true), OPEN.search(settings, true)] as const);
  return {
    projections: [...hostedOn('sql', sql, settings), ...hostedOn('cache', cache, settings), ...hostedOn('search', search, settings)],
    stores: [sql, cache, search],
    close: async () => {
      for (const store of [sql, cache, search]) await store.close();
    },
  };
};

export const application = defineApplication({
  name: '${name}',
  aggregates,
  settings: rows,
  openEvents: (given) => openEventStore(settingsOf(given), true),
  openEventStore: (given) => openEventStore(settingsOf(given)),
  openReadModels,
});
`;

export const applicationSpec = (): string => `// From a command to an answer of each read store, in one process over a folder of its own.
import 'reflect-metadata';
import { allInOne } from '#apps/all-in-one/src/all-in-one.js';
import { createApplication } from '#src/run.js';
import { settingRows } from '#src/settings.js';
import { readSettings } from '@mainstem/event-store/settings';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'application-'));
let app: NestExpressApplication;
let url: string;

beforeAll(async () => {
  app = await createApplication('test', readSettings(settingRows(0), ['--dir', dir], {}), allInOne);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

const post = (path: string, body: object) =>
  fetch(\`\${url}/\${path}\`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

it('shows an order in every read store as soon as its position is asked for', async () => {
  const placed = await post('orders/1/place', { customer: 'Ada', product: 'white lantern', total: '12.50' });
  const position = placed.headers.get('Mainstem-Position');
  const get = async (path: string): Promise<unknown> => (await fetch(\`\${url}/\${path}minPosition=\${position}\`)).json();

  expect(await get('order-list/order-1?')).toMatchObject({ status: 'placed', customer: 'Ada', total: '12.50' });
  expect(await get('orders-by-customer/Ada?')).toMatchObject({ customer: 'Ada', count: 1 });
  expect(await get('order-search?q=lantern&')).toMatchObject({ total: 1, items: [{ document: { customer: 'Ada' } }] });
});

it('refuses an order that is placed twice, and knows no other one', async () => {
  const again = await post('orders/1/place', { customer: 'Ada', product: 'white lantern', total: '12.50' });
  expect([again.status, await again.json()]).toMatchObject([409, { code: 'ORDER_ALREADY_PLACED' }]);
  expect((await fetch(\`\${url}/order-list/order-2\`)).status).toBe(404);
});
`;
