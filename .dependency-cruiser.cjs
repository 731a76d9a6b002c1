// Import rules: an allow-list that follows the flow of an event, and no cycles of files or folders. Everything that is not listed is refused.
// The files below test/architecture/canary break the rules on purpose, so that a test can show that the check is able to fail.

const at = (path) => `^(?:test/architecture/canary/)?${path}`;
const lib = (...names) => at(`libs/(?:${names.join('|')})/src/`);
const npm = (...names) => names.map((name) => `node_modules/${name}/`);
const NODE =
  '^(?:node:)?(?:async_hooks|buffer|child_process|crypto|events|fs|fs/promises|http|module|net|os|path|perf_hooks|process|readline|readline/promises|sqlite|stream|stream/promises|timers|timers/promises|tls|url|util|v8|worker_threads|zlib)$';
const SPEC = '\\.spec\\.ts$';
const ANY_LIB = lib('[^/]+');
/** The doors of the read side: the root for everybody, and those for who operates projections and who writes a read store. */
const READ_SIDE = at('libs/projection/src/index\\.ts$');
const OPERATE = at('libs/projection/src/operate\\.ts$');
/** For libraries that build on effects that follow from events. */
const REACTION = at('libs/projection/src/reaction\\.ts$');
const ADAPTER = at('libs/(?:event-store|projection)/src/adapter\\.ts$');

/** What the files of one part may import besides their own part. */
const mayImport = (from, to, comment) => ({ from: { path: from }, to: { path: to }, comment });

/** What a process can be told about a library: rows without the library's driver, for whatever composes them. */
const SETTINGS = at('libs/[^/]+/src/settings\\.ts$');
const EVENT_STORE_SETTINGS = at('src/event-store/event-store-settings\\.ts$');
const EVENT_STORE_CHOICE = at('src/event-store/configured-event-store\\.module\\.ts$');

const NEST = npm('@nestjs/[^/]+', 'rxjs', 'reflect-metadata', 'class-validator', 'class-transformer', 'express', '@types/express[^/]*');

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Two files that need each other are one concept, or a port is missing.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-folder-cycles',
      severity: 'error',
      comment: 'The folders of a library follow its flow: what two of them need of each other stands in one of them, or in a third.',
      scope: 'folder',
      from: { path: at('libs/') },
      to: { circular: true },
    },
    { name: 'no-unresolvable', severity: 'error', comment: 'The import leads nowhere.', from: {}, to: { couldNotResolve: true } },
    {
      name: 'contract-without-io',
      severity: 'error',
      comment:
        'The contract knows no driver and no input or output; from Node it takes hashing, the timers of the real Runtime, and telling kinds of values apart.',
      from: { path: lib('event-store') },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?(?:crypto|timers/promises|util)$' },
    },
    {
      name: 'projector-reads-events-only',
      severity: 'error',
      comment: 'A projector knows the stored facts of the command side, and how the event store is chosen; nothing else of it.',
      from: { path: at('apps/[^/]*-projector/') },
      to: { path: at('src/'), pathNot: ['\\.events\\.ts$', EVENT_STORE_CHOICE] },
    },
    {
      name: 'applications-use-roots',
      severity: 'error',
      comment: 'An application that needs a name from behind a root shows that the root lacks it.',
      from: { path: [at('src/'), at('apps/')] },
      to: { path: [at('libs/projection/src/adapter\\.ts$'), at('libs/aggregate/src/host\\.ts$')] },
    },
    {
      name: 'settings-without-driver',
      severity: 'error',
      comment: 'Rows of settings are read to tell them, by processes that never open the store: they load neither its driver nor Nest.',
      from: { path: SETTINGS },
      to: { reachable: true, path: 'node_modules/(?!@mainstem/|lru-cache/|class-validator/)' },
    },
  ],
  allowedSeverity: 'error',
  allowed: [
    // Each part within itself.
    { from: { path: at('libs/([^/]+)/') }, to: { path: '^(?:test/architecture/canary/)?libs/$1/' } },
    { from: { path: at('src/') }, to: { path: at('src/') } },
    { from: { path: at('apps/([^/]+)/') }, to: { path: '^(?:test/architecture/canary/)?apps/$1/' } },

    mayImport(at('libs/(?:cli|eventstoredb-server)/bin/'), NODE),

    // The libraries, along the flow. event-store imports nothing of ours.
    mayImport(lib('event-store'), npm('class-validator')),
    mayImport(lib('event-store', 'aggregate', 'projection', 'embedded', 'sql', 'redis', 'opensearch', 'nest', 'testing', 'cli'), NODE),
    mayImport(lib('aggregate', 'projection', 'embedded', 'sql', 'redis', 'opensearch', 'nest', 'testing', 'cli'), lib('event-store')),
    mayImport(lib('aggregate'), npm('lru-cache', 'class-validator')),
    mayImport(lib('projection'), npm('lru-cache')),
    mayImport(
      at('libs/(?:projection|testing)/src/.+\\.fixtures\\.ts$'),
      npm('class-validator'),
      'Payload classes of specs have rules, as those of users.',
    ),
    mayImport(lib('process'), [lib('event-store', 'aggregate'), READ_SIDE, OPERATE, REACTION, ...npm('class-validator')]),
    mayImport(lib('testing', 'cli'), at('libs/process/src/(?:index|operate)\\.ts$')),
    mayImport(lib('embedded', 'sql', 'redis', 'opensearch', 'nest', 'testing', 'cli'), READ_SIDE),
    mayImport(lib('embedded', 'sql', 'redis', 'opensearch', 'testing'), ADAPTER),
    mayImport(lib('nest', 'testing', 'cli'), OPERATE),
    mayImport(lib('nest', 'cli'), REACTION),
    mayImport(lib('nest', 'testing', 'cli'), lib('aggregate')),
    mayImport(lib('testing'), '^(?:node:)?assert/strict$', 'Contract suites assert without a test runner.'),
    mayImport(lib('sql'), npm('typeorm', 'pg', '@types/pg', 'mysql2')),
    mayImport(lib('sql'), at('libs/embedded/src/sqlite\\.ts$'), 'There is one way to keep a SQLite file.'),
    mayImport(lib('redis'), npm('ioredis')),
    mayImport(lib('opensearch'), npm('@opensearch-project/opensearch')),
    mayImport(lib('eventstoredb', 'eventstoredb-server', 'postgres'), lib('event-store')),
    mayImport(lib('eventstoredb', 'eventstoredb-server', 'postgres'), NODE),
    mayImport(lib('postgres'), npm('pg', '@types/pg')),
    mayImport(lib('eventstoredb'), npm('@eventstore/db-client', '@kurrent/kurrentdb-client')),
    mayImport(lib('eventstoredb-server'), [at('libs/embedded/src/(?:events-file|settings)\\.ts$'), ...npm('@grpc/grpc-js', '@grpc/proto-loader')]),
    mayImport(lib('nest'), NEST, 'The only library that knows Nest.'),
    mayImport(at('libs/nest/src/telemetry/'), npm('prom-client', '@opentelemetry/[^/]+'), 'The only folder that knows what watches an application.'),
    mayImport(lib('schematics'), [lib('event-store'), ...npm('typescript')], 'Texts in, texts out: it reads no file and knows no framework.'),
    mayImport(at('libs/schematics/src/.+\\.fixtures\\.ts$'), npm('fast-check'), 'Random requests of specs.'),
    mayImport(lib('cli'), at('libs/schematics/src/index\\.ts$')),
    mayImport(lib('cli'), npm('commander', 'cli-progress', '@types/cli-progress')),
    mayImport(at('libs/cli/src/deploy/'), npm('kubernetes-models', '@kubernetes-models/keda', 'yaml'), 'Loaded when something is rendered.'),

    // The reference application. Adapters are chosen in module files and entry points only; what they can be told is known besides.
    mayImport([at('src/.*settings\\.ts$'), at('apps/.*settings\\.ts$')], SETTINGS),
    mayImport(at('src/'), [lib('event-store', 'aggregate', 'nest'), NODE, ...NEST, ...npm('big.js', '@types/big.js')]),
    mayImport(at('apps/'), [lib('event-store', 'nest'), READ_SIDE, OPERATE, NODE, ...NEST, ...npm('big.js', '@types/big.js', 'typeorm')]),
    mayImport(at('apps/'), [at('src/.*\\.events\\.ts$'), EVENT_STORE_SETTINGS, at('libs/projection/src/settings\\.ts$')]),
    mayImport(at('apps/[^/]+/src/[^/]+\\.module\\.ts$'), EVENT_STORE_CHOICE, 'One function opens the event store, in every process.'),
    mayImport(at('apps/[^/]+/'), at('apps/read-models/'), 'Shapes of the read models, shared by those who fill them and those who query them.'),
    mayImport(at('apps/sql-projector/'), lib('sql'), 'Handler projections write through its SqlTransaction.'),
    mayImport(
      [at('(?:src|apps)/.*\\.module\\.ts$'), at('src/main\\.ts$'), at('apps/[^/]+/src/main\\.ts$')],
      lib('embedded', 'sql', 'redis', 'opensearch', 'eventstoredb', 'eventstoredb-server', 'postgres'),
    ),
    mayImport(at('apps/policies/'), [lib('process', 'aggregate'), REACTION, at('src/ledger/')], 'Policies send commands.'),
    mayImport(at('apps/policies/'), at('src/import/recent-documents\\.ts$'), 'One bounded memory of documents.'),
    mayImport(at('apps/all-in-one/'), [lib('aggregate'), REACTION]),
    mayImport(at('apps/event-store/'), lib('eventstoredb-server'), 'Serves the protocol; the others are its clients.'),
    mayImport(at('apps/all-in-one/'), [at('src/'), at('apps/')], 'One process that runs every part.'),
    mayImport(
      at('apps/mainstem\\.(application|schemas|examined)\\.ts$'),
      [at('src/'), at('apps/'), ANY_LIB],
      'Tells the command line what the application consists of.',
    ),

    // Tests see everything; specs are left out by `exclude`.
    { from: { path: '^test/', pathNot: '^test/architecture/canary/' }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['(?:^|/)dist/', SPEC] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@mainstem/source', 'types', 'import', 'node', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
    combinedDependencies: true,
    preserveSymlinks: false,
  },
};
