// The measurements, in the order of the table, with their targets.

export type Service = 'PostgreSQL' | 'Redis' | 'OpenSearch';

export interface Measurement {
  readonly job: string;
  readonly title: string;
  readonly unit: 'commands/s' | 'events/s' | 'deadlines/s' | 'loads/s' | 'looks/s' | 'seconds/s';
  readonly hasCeiling?: boolean;
  /** Servers without which it is left out. */
  readonly needs?: readonly Service[];
  /** Left out on a server that holds other data. */
  readonly readsWholeLog?: boolean;
  /** Needs the data as a log in PostgreSQL. */
  readonly readsPostgresLog?: boolean;
  /** Only with --long. */
  readonly isLong?: boolean;
  /** At most so many rounds: jobs without a ceiling need no ratio. */
  readonly rounds?: number;
  /** How many times over the data is used. */
  readonly copies?: number;
  readonly targets?: Targets;
}

export interface Targets {
  /** Of the ceiling's rate. */
  readonly ratioMin?: number;
  /** Units per second. */
  readonly rateMin?: number;
  readonly secondsMax?: number;
  readonly memoryMaxMib?: number;
  /** By name of the figure. */
  readonly figuresMax?: Readonly<Record<string, number>>;
}

/** A rebuild's targets apply to the size of the whole ledger. */
const MEMORY_MAX_MIB = 512;

/** Of one core, by an idle projector application. */
const AT_REST: Pick<Measurement, 'unit' | 'rounds' | 'targets'> = { unit: 'seconds/s', rounds: 1, targets: { figuresMax: { cpuPercent: 1 } } };

/** Whatever the length of the stream. */
const COLD: Targets = { figuresMax: { coldP50Ms: 5 } };

/** Of the bare client's rate. */
const BARE_CLIENT: Targets = { ratioMin: 0.9 };

export const measurements: readonly Measurement[] = [
  { job: 'commands-1', title: 'commands, one at a time, durable', unit: 'commands/s', hasCeiling: true, targets: { ratioMin: 0.7 } },
  { job: 'commands-64', title: 'commands, 64 at a time, durable', unit: 'commands/s', hasCeiling: true, targets: { ratioMin: 0.7 } },
  {
    job: 'commands-in-order',
    title: 'commands, 64 at a time in the order sent, beside any order',
    unit: 'commands/s',
    hasCeiling: true,
    targets: { ratioMin: 0.9 },
  },
  { job: 'commands-hot', title: 'commands, 64 at a time on one stream', unit: 'commands/s', hasCeiling: true },
  { job: 'commands-claims', title: 'commands that claim a unique value, beside the same without', unit: 'commands/s', hasCeiling: true },
  { job: 'reactors', title: 'a reactor, one command for each event', unit: 'events/s', hasCeiling: true, targets: { rateMin: 5_000 } },
  { job: 'deadlines', title: 'deadlines that come, of 100,000 pending', unit: 'deadlines/s', hasCeiling: true },
  { job: 'cold-100k', title: 'first command on a stream of 100,000 events, from its snapshot', unit: 'commands/s', targets: COLD },
  { job: 'cold-1m', title: 'first command on a stream of 1,000,000 events, from its snapshot', unit: 'commands/s', rounds: 1, targets: COLD },
  { job: 'import', title: 'import through the command side', unit: 'events/s', hasCeiling: true },
  { job: 'import-live', title: 'import with all read models live', unit: 'events/s', targets: { secondsMax: 60 } },
  { job: 'read', title: 'read everything, payloads decoded', unit: 'events/s', hasCeiling: true },
  {
    job: 'summary-sqlite',
    title: 'rebuild order-summary, SQLite',
    unit: 'events/s',
    hasCeiling: true,
    targets: { ratioMin: 0.7, rateMin: 100_000, memoryMaxMib: MEMORY_MAX_MIB },
  },
  {
    job: 'summary-postgres',
    title: 'rebuild order-summary, PostgreSQL',
    unit: 'events/s',
    hasCeiling: true,
    needs: ['PostgreSQL'],
    targets: { ratioMin: 0.7, rateMin: 70_000, memoryMaxMib: MEMORY_MAX_MIB },
  },
  {
    job: 'sql-sqlite',
    title: 'rebuild all SQL models, SQLite',
    unit: 'events/s',
    hasCeiling: true,
    targets: { ratioMin: 0.7, memoryMaxMib: MEMORY_MAX_MIB },
  },
  {
    job: 'sql-postgres',
    title: 'rebuild all SQL models, PostgreSQL',
    unit: 'events/s',
    hasCeiling: true,
    needs: ['PostgreSQL'],
    targets: { ratioMin: 0.7, memoryMaxMib: MEMORY_MAX_MIB },
  },
  { job: 'cache', title: 'rebuild the cache', unit: 'events/s', hasCeiling: true, targets: { ratioMin: 0.7, memoryMaxMib: MEMORY_MAX_MIB } },
  { job: 'search', title: 'rebuild the search index', unit: 'events/s', hasCeiling: true, targets: { ratioMin: 0.7, memoryMaxMib: MEMORY_MAX_MIB } },
  {
    job: 'cache-redis',
    title: 'rebuild the cache, Redis',
    unit: 'events/s',
    hasCeiling: true,
    needs: ['Redis'],
    targets: { ratioMin: 0.7, memoryMaxMib: MEMORY_MAX_MIB },
  },
  {
    job: 'products-opensearch',
    title: 'rebuild products, OpenSearch',
    unit: 'events/s',
    hasCeiling: true,
    needs: ['OpenSearch'],
    targets: { ratioMin: 0.7, memoryMaxMib: MEMORY_MAX_MIB },
  },
  {
    job: 'everywhere',
    title: 'rebuild everything on PostgreSQL, Redis and OpenSearch from one read',
    unit: 'events/s',
    hasCeiling: true,
    needs: ['PostgreSQL', 'Redis', 'OpenSearch'],
    targets: { ratioMin: 0.7, memoryMaxMib: MEMORY_MAX_MIB },
  },
  {
    job: 'everything',
    title: 'rebuild everything from one read',
    unit: 'events/s',
    hasCeiling: true,
    targets: { ratioMin: 0.7, secondsMax: 60, memoryMaxMib: MEMORY_MAX_MIB },
  },
  { job: 'visibility', title: 'append to visible at 500 commands/s', unit: 'commands/s', targets: { figuresMax: { visibleP99Ms: 25 } } },
  {
    job: 'visibility-100',
    title: 'append to visible at 100 commands/s',
    unit: 'commands/s',
    targets: { figuresMax: { visibleP99Ms: 25 } },
  },
  // Events and read models in one PostgreSQL.
  {
    job: 'pg-import',
    title: 'PostgreSQL: import through the command side, beside COPY',
    unit: 'events/s',
    hasCeiling: true,
    needs: ['PostgreSQL'],
    targets: { ratioMin: 0.5 },
  },
  {
    job: 'pg-read',
    title: 'PostgreSQL: read everything, payloads decoded',
    unit: 'events/s',
    hasCeiling: true,
    needs: ['PostgreSQL'],
    readsPostgresLog: true,
    targets: { ratioMin: 0.5 },
  },
  {
    job: 'pg-summary',
    title: 'PostgreSQL: rebuild order-summary',
    unit: 'events/s',
    hasCeiling: true,
    needs: ['PostgreSQL'],
    readsPostgresLog: true,
    targets: { ratioMin: 0.5, memoryMaxMib: MEMORY_MAX_MIB },
  },
  {
    job: 'pg-commands-1',
    title: 'PostgreSQL: commands, one at a time',
    unit: 'commands/s',
    hasCeiling: true,
    needs: ['PostgreSQL'],
    targets: { ratioMin: 0.7 },
  },
  {
    job: 'pg-commands-64',
    title: 'PostgreSQL: commands, 64 at a time',
    unit: 'commands/s',
    hasCeiling: true,
    needs: ['PostgreSQL'],
    targets: { ratioMin: 0.5 },
  },
  {
    job: 'pg-visibility-100',
    title: 'PostgreSQL: append to visible at 100 commands/s',
    unit: 'commands/s',
    needs: ['PostgreSQL'],
    targets: { figuresMax: { visibleP99Ms: 25 } },
  },
  { job: 'rest-sqlite', title: 'SQL projector at rest, SQLite', ...AT_REST },
  { job: 'rest-postgres', title: 'SQL projector at rest, PostgreSQL', needs: ['PostgreSQL'], ...AT_REST },
  { job: 'rest-redis', title: 'cache projector at rest, Redis', needs: ['Redis'], ...AT_REST },
  { job: 'rest-opensearch', title: 'search projector at rest, OpenSearch', needs: ['OpenSearch'], ...AT_REST },
  // Through the real client, beside a separate server process; the ceiling is the bare client with the same work.
  { job: 'esdb-append-1', title: 'EventStoreDB: appends, one at a time', unit: 'events/s', hasCeiling: true, targets: BARE_CLIENT },
  { job: 'esdb-append-64', title: 'EventStoreDB: appends, 64 at a time', unit: 'events/s', hasCeiling: true, targets: BARE_CLIENT },
  { job: 'esdb-batch-200', title: 'EventStoreDB: appends of 200 events', unit: 'events/s', hasCeiling: true, targets: BARE_CLIENT },
  { job: 'esdb-batch-1000', title: 'EventStoreDB: appends of 1,000 events', unit: 'events/s', hasCeiling: true, targets: BARE_CLIENT },
  {
    job: 'esdb-read',
    title: 'EventStoreDB: read everything, payloads decoded',
    unit: 'events/s',
    hasCeiling: true,
    readsWholeLog: true,
    targets: BARE_CLIENT,
  },
  {
    job: 'esdb-subscribe',
    title: 'EventStoreDB: subscription from the first event',
    unit: 'events/s',
    hasCeiling: true,
    readsWholeLog: true,
    targets: BARE_CLIENT,
  },
  { job: 'esdb-persistent', title: 'EventStoreDB: a persistent subscription, each event acknowledged', unit: 'events/s' },
  { job: 'esdb-load', title: 'EventStoreDB: loads of streams of ten events', unit: 'loads/s', hasCeiling: true, targets: BARE_CLIENT },
  { job: 'esdb-end', title: 'EventStoreDB: looks at the end, behind 20,000 links', unit: 'looks/s', hasCeiling: true, targets: BARE_CLIENT },
  {
    job: 'esdb-rebuild',
    title: 'EventStoreDB: rebuild order-summary, SQLite',
    unit: 'events/s',
    hasCeiling: true,
    readsWholeLog: true,
    targets: BARE_CLIENT,
  },
  {
    job: 'everything',
    title: 'rebuild everything, ten times the ledger',
    unit: 'events/s',
    isLong: true,
    rounds: 1,
    copies: 10,
    targets: { memoryMaxMib: MEMORY_MAX_MIB },
  },
];
