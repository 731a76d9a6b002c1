// How an application is built and run elsewhere: image, compose file, CI, and the environment.
import { serversOf, type ApplicationModel } from '../request/application-model.js';

export const dockerfile = (): string => `# One image for every application; the command chooses which.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning MAINSTEM_DIR=/data MAINSTEM_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# Events and embedded read models: the only place that is written to.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
ENTRYPOINT ["node"]
CMD ["dist/apps/all-in-one/src/main.js"]
`;

export const CI = `name: ci
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24, cache: npm }
      - run: npm ci
      - run: npm run lint
      - run: npm test
`;

const EVENT_STORE: Readonly<Record<ApplicationModel['eventStore'], ((host: string) => string) | undefined>> = {
  embedded: undefined,
  postgres: (host) => `postgres://app:app@${host}:5432/app`,
  eventstoredb: (host) => `esdb://${host}:2113?tls=false`,
};

type Variable = readonly [name: string, value: string];

/** The variables that name servers; `hostOf` gives the host of each. */
const variables = ({ eventStore, sql, cache, search }: ApplicationModel, hostOf: (server: string) => string): readonly Variable[] => {
  const events = EVENT_STORE[eventStore]?.(hostOf(eventStore));
  return [
    ...(events === undefined ? [] : [['EVENT_STORE', events] as const]),
    ...(sql === 'sqlite' ? [] : [['READ_STORE_SQL', `${sql}://app:app@${hostOf(sql)}:${sql === 'postgres' ? 5432 : 3306}/app`] as const]),
    ...(cache === 'redis' ? [['READ_STORE_CACHE', `redis://${hostOf('redis')}:6379`] as const] : []),
    ...(search === 'opensearch' ? [['READ_STORE_SEARCH', `http://${hostOf('opensearch')}:9200?replicas=0`] as const] : []),
  ];
};

export const envExample = (model: ApplicationModel): string => {
  const servers = variables(model, () => 'localhost').map(([name, value]) => `${name}=${value}`);
  return `# Settings by environment; npm start -- --help lists all of them. Without any, everything is in the folder .mainstem.
# To use them: node --env-file=.env dist/apps/all-in-one/src/main.js
${['PORT=3000', ...servers].join('\n')}
`;
};

const SERVERS: Readonly<Record<string, string>> = {
  postgres: `  postgres:
    image: postgres:17-alpine
    environment: { POSTGRES_USER: app, POSTGRES_PASSWORD: app, POSTGRES_DB: app }
    ports: ['127.0.0.1:5432:5432']
    volumes: ['postgres-data:/var/lib/postgresql/data']
    healthcheck:
      test: ['CMD-SHELL', 'pg_isready --username app --dbname app']
      interval: 5s
      retries: 12
`,
  mariadb: `  mariadb:
    image: mariadb:10.11
    environment: { MARIADB_USER: app, MARIADB_PASSWORD: app, MARIADB_DATABASE: app, MARIADB_RANDOM_ROOT_PASSWORD: 'yes' }
    ports: ['127.0.0.1:3306:3306']
    volumes: ['mariadb-data:/var/lib/mysql']
    healthcheck:
      test: ['CMD', 'healthcheck.sh', '--connect', '--innodb_initialized']
      interval: 5s
      retries: 24
`,
  eventstoredb: `  eventstoredb:
    image: eventstore/eventstore:23.10.6-jammy
    environment: { EVENTSTORE_CLUSTER_SIZE: 1, EVENTSTORE_RUN_PROJECTIONS: None, EVENTSTORE_INSECURE: 'true' }
    ports: ['127.0.0.1:2113:2113']
    volumes: ['eventstoredb-data:/var/lib/eventstore']
    healthcheck:
      test: ['CMD-SHELL', 'curl --fail --silent http://localhost:2113/health/live || exit 1']
      interval: 5s
      retries: 24
`,
  redis: `  redis:
    image: redis:7-alpine
    # Read models are no mere cache: nothing is evicted, and an append-only file survives a restart.
    command: ['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction']
    ports: ['127.0.0.1:6379:6379']
    volumes: ['redis-data:/data']
    healthcheck:
      test: ['CMD', 'redis-cli', 'ping']
      interval: 5s
      retries: 12
`,
  opensearch: `  opensearch:
    image: opensearchproject/opensearch:3.3.0
    environment: { discovery.type: single-node, DISABLE_SECURITY_PLUGIN: 'true', OPENSEARCH_JAVA_OPTS: '-Xms1g -Xmx1g' }
    ports: ['127.0.0.1:9200:9200']
    volumes: ['opensearch-data:/usr/share/opensearch/data']
    healthcheck:
      test: ['CMD-SHELL', 'curl --fail --silent http://localhost:9200/_cluster/health || exit 1']
      interval: 10s
      retries: 18
`,
};

const APPS = [
  { app: 'command-side', entry: 'src', port: 3000 },
  { app: 'query-api', entry: 'apps/query-api/src', port: 3001 },
  { app: 'sql-projector', entry: 'apps/sql-projector/src', port: 3002 },
  { app: 'cache-projector', entry: 'apps/cache-projector/src', port: 3003 },
  { app: 'search-projector', entry: 'apps/search-projector/src', port: 3004 },
];

/** Each application as a service of its own, or all in one where events are in a file. */
export const composeFile = (model: ApplicationModel): string => {
  const servers = serversOf(model);
  const isSeparate = model.eventStore !== 'embedded' && model.sql !== 'sqlite' && model.cache !== 'embedded' && model.search !== 'embedded';
  const apps = isSeparate ? APPS : [{ app: 'all-in-one', entry: 'apps/all-in-one/src', port: 3000 }];
  const environment = variables(model, (server) => server);
  const common = [
    `  image: ${model.name}`,
    '  build: .',
    '  init: true',
    '  restart: unless-stopped',
    '  stop_grace_period: 20s',
    ...(isSeparate ? [] : [`  volumes: ['data:/data']`]),
    ...(environment.length === 0 ? [] : ['  environment:', ...environment.map(([name, value]) => `    ${name}: ${value}`)]),
    ...(servers.length === 0 ? [] : ['  depends_on:', ...servers.map((server) => `    ${server}: { condition: service_healthy }`)]),
  ];
  const volumes = [...(isSeparate ? [] : ['data']), ...servers.map((server) => `${server}-data`)];
  const alone = servers.length === 0 ? '' : ` The servers alone, for npm start: docker compose up ${servers.join(' ')}.`;
  return `# ${isSeparate ? 'Each application as a service of its own' : 'All in one process'}: docker compose up.${alone}
# Development settings: single nodes, reachable from this machine only.
name: ${model.name}

x-application: &application
${common.join('\n')}

services:
${servers.map((server) => SERVERS[server] ?? '').join('\n')}${servers.length > 0 ? '\n' : ''}${apps.map(serviceOf).join('\n')}
volumes:
${volumes.map((volume) => `  ${volume}:\n`).join('')}`;
};

const serviceOf = ({ app, entry, port }: (typeof APPS)[number]): string => `  ${app}:
    <<: *application
    command: ['dist/${entry}/main.js', '--port', '${port}']
    ports: ['127.0.0.1:${port}:${port}']
    healthcheck:
      test: ['CMD', 'node', '-e', "fetch('http://localhost:${port}/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
      interval: 5s
      retries: 6
      start_period: 60s
`;
