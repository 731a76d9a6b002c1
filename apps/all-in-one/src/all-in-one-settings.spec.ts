// What a process is started with: flags win over the environment, and what cannot be used is refused by name.
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryProcessSettings } from '#apps/read-models/src/process-settings.js';
import { eventStoreAddress } from '#src/event-store/event-store-settings.js';
import { readSettings as readRows, settingsHelp, type Environment } from '@mainstem/event-store/settings';
import { projectorSettings } from '@mainstem/projection/settings';
import { allInOneSettings, type AllInOneSettings } from './all-in-one-settings.js';

interface Options {
  readonly data?: string;
  readonly projections?: readonly string[];
}

const readSettings = (argv: readonly string[], env: Environment, { data, projections }: Options = {}): AllInOneSettings =>
  readRows({ ...allInOneSettings({ data }), ...projectorSettings(projections) }, argv, env);

const refusal = (argv: readonly string[], env: Record<string, string> = {}): unknown => {
  try {
    readSettings(argv, env);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('settings', () => {
  it('start on the embedded stores when nothing is said', () => {
    expect(readSettings([], {}, { data: 'events.ndjson' })).toEqual({
      dir: resolve('.mainstem'),
      host: '127.0.0.1',
      port: 3000,
      allowedHosts: [],
      eventStore: 'embedded',
      readStoreSql: 'embedded',
      readStoreCache: 'embedded',
      readStoreSearch: 'embedded',
      rebuild: 'manual',
      policies: false,
      metrics: false,
      logFormat: 'text',
      traces: false,
      leaseMs: 5_000,
      partitions: {},
      data: resolve('events.ndjson'),
    });
  });

  it('take flags before the environment', () => {
    const flags = ['--dir', 'a', '--host', '::1', '--port=4000', '--no-data', '--rebuild', 'auto'];
    const env = { MAINSTEM_DIR: 'b', MAINSTEM_HOST: '0.0.0.0', PORT: '5000', MAINSTEM_REBUILD: 'manual' };
    expect(readSettings(flags, env, { data: 'events.ndjson' })).toMatchObject({
      dir: resolve('a'),
      host: '::1',
      port: 4000,
      data: undefined,
      rebuild: 'auto',
    });
  });

  it('take the length of a lease within its bounds', () => {
    expect(readSettings([], { PROJECTOR_LEASE_MS: '600000' }).leaseMs).toBe(600_000);
    for (const given of ['999', '600001', '5s', '-1', '1e4']) {
      expect(refusal([], { PROJECTOR_LEASE_MS: given })).toMatchObject({
        code: 'SETTINGS_INVALID',
        message: expect.stringContaining('PROJECTOR_LEASE_MS') as string,
      });
    }
  });

  it('take the number of parts of each projection that is named', () => {
    expect(readSettings([], { PROJECTION_PARTITIONS: 'order-lines=4, products=64' }).partitions).toEqual({ 'order-lines': 4, products: 64 });
    for (const given of ['order-lines', 'order-lines=0', 'order-lines=65', 'order-lines=x', '=4', 'a=1,a=2']) {
      expect(refusal([], { PROJECTION_PARTITIONS: given })).toMatchObject({
        code: 'SETTINGS_INVALID',
        message: expect.stringContaining('PROJECTION_PARTITIONS') as string,
      });
    }
  });

  it('refuse parts of an unknown projection, and take those of one that another application hosts', () => {
    const projections = ['order-lines', 'product-cards'];
    const env = { PROJECTION_PARTITIONS: 'order-lines=4,product-cards=2' };
    expect(readSettings([], env, { projections }).partitions).toEqual({ 'order-lines': 4, 'product-cards': 2 });
    for (const given of ['order-lins=4', 'order-lines=4,product-card=1', 'order=2', 'constructor=2']) {
      expect(() => readSettings([], { PROJECTION_PARTITIONS: given }, { projections })).toThrow(
        expect.objectContaining({
          code: 'SETTINGS_INVALID',
          message: expect.stringMatching(
            /^PROJECTION_PARTITIONS: there is no projection [a-z-]+\. (Did you mean (order-lines|product-cards)\? )?Known are order-lines, product-cards$/,
          ) as string,
        }),
      );
    }
  });

  it('name the projection that was meant', () => {
    const projections = ['order-lines', 'product-cards'];
    expect(() => readSettings([], { PROJECTION_PARTITIONS: 'ordr-lines=2' }, { projections })).toThrow('Did you mean order-lines?');
  });

  it('take the environment before defaults, and an empty variable as absent', () => {
    const url = 'postgres://shop@localhost/ledger';
    expect(readSettings([], { MAINSTEM_DIR: 'b', MAINSTEM_HOST: '0.0.0.0', PORT: '', READ_STORE_SQL: url })).toMatchObject({
      dir: resolve('b'),
      host: '0.0.0.0',
      port: 3000,
      readStoreSql: { url },
    });
  });

  it.each(['esdb://localhost:2113?tls=false', 'esdb+discover://one:2113,two:2113', 'esdb://admin:p%40ss@localhost'])(
    'take %s as the event store',
    (given) => {
      expect(readSettings([], { EVENT_STORE: given }).eventStore).toEqual({ connectionString: given });
    },
  );

  it.each(['postgres://shop:p%40ss@localhost/ledger', 'postgresql://localhost:5433/ledger?schema=events&notify=off'])(
    'take %s as the event store',
    (given) => {
      expect(readSettings([], { EVENT_STORE: given }).eventStore).toEqual({ postgresUrl: given });
    },
  );

  it.each([
    'redis://localhost',
    'rediss://user:p%40ss@localhost:6380/2?prefix=shop:',
    'redis+cluster://one:7000,two:7000',
    'rediss+sentinel://:secret@one:26379,two:26379/main',
  ])('take %s as the cache', (url) => {
    expect(readSettings([], { READ_STORE_CACHE: url }).readStoreCache).toEqual({ url });
  });

  it('take the address of a search server, with what its indices are called', () => {
    const given = 'https://shop:p%40ss@search.local:9200?prefix=shop_a&replicas=0';
    expect(readSettings([], { READ_STORE_SEARCH: given }).readStoreSearch).toEqual({
      url: 'https://shop:p%40ss@search.local:9200/',
      prefix: 'shop_a',
      replicas: 0,
    });
    expect(readSettings([], { READ_STORE_SEARCH: 'http://localhost:9200' }).readStoreSearch).toEqual({ url: 'http://localhost:9200/' });
  });

  it.each(['esdb', 'kurrentdb', 'kurrentdb+discover'])('take an event store of either name: %s', (scheme) => {
    expect(readSettings([], { EVENT_STORE: `${scheme}://localhost:2113` }).eventStore).toEqual({ connectionString: `${scheme}://localhost:2113` });
  });

  it('take what the event store was set to take in one append', () => {
    const env = { EVENT_STORE: 'esdb://localhost', EVENT_STORE_APPEND_BYTES_MAX: '16767216' };
    expect(readSettings([], env).eventStore).toEqual({ connectionString: 'esdb://localhost', appendBytesMax: 16_767_216 });
  });

  it('take the credentials of the event store from variables of their own', () => {
    const env = { EVENT_STORE: 'esdb://localhost', EVENT_STORE_USERNAME: 'admin', EVENT_STORE_PASSWORD: 'secret' };
    expect(readSettings([], env).eventStore).toEqual({
      connectionString: 'esdb://localhost',
      credentials: { username: 'admin', password: 'secret' },
    });
  });

  it.each([
    ['esdb://admin:secret@localhost:2113?tls=true', 'esdb://…@localhost:2113'],
    ['esdb://admin:se@secret@localhost:2113', 'esdb://…@localhost:2113'],
    ['esdb+discover://one:2113,two:2113?userKeyFile=secret', 'esdb+discover://one:2113,two:2113'],
  ])('show where the events are without secrets: %s', (given, shown) => {
    expect(eventStoreAddress(readSettings([], { EVENT_STORE: given }))).toBe(shown);
  });

  it.each([
    [['--port', '70000'], {}, '--port'],
    [['--port', 'http'], {}, '--port'],
    [['--port'], {}, '--port'],
    [['--host'], {}, '--host'],
    [['--dir', '--no-data'], {}, '--dir'],
    [['--prot', '1'], {}, '--prot'],
    [['--data', 'x', '--no-data'], {}, '--no-data'],
    [['--rebuild', 'sometimes'], {}, '--rebuild'],
    [[], { MAINSTEM_REBUILD: 'yes' }, 'MAINSTEM_REBUILD'],
    [[], { PORT: '-1' }, 'PORT'],
    [[], { READ_STORE_SEARCH: 'localhost:9200' }, 'READ_STORE_SEARCH'],
    [[], { READ_STORE_SEARCH: 'http://localhost:9200?prefix=Shop' }, 'READ_STORE_SEARCH'],
    [[], { READ_STORE_SEARCH: 'http://localhost:9200?replicas=many' }, 'READ_STORE_SEARCH'],
    [[], { READ_STORE_SEARCH: 'http://localhost:9200?refresh=1s' }, 'READ_STORE_SEARCH'],
    [[], { READ_STORE_SEARCH: 'http://ann:50%@localhost:9200' }, 'READ_STORE_SEARCH'],
    [[], { EVENT_STORE: 'http://localhost:2113' }, 'EVENT_STORE'],
    [[], { EVENT_STORE: 'esdb://' }, 'EVENT_STORE'],
    [[], { EVENT_STORE: 'kurrentdbs://localhost:2113' }, 'EVENT_STORE'],
    [[], { EVENT_STORE: 'esdb://localhost', EVENT_STORE_USERNAME: 'admin' }, 'EVENT_STORE_PASSWORD'],
    [[], { EVENT_STORE: 'esdb://localhost', EVENT_STORE_APPEND_BYTES_MAX: '0' }, 'EVENT_STORE_APPEND_BYTES_MAX'],
    [[], { EVENT_STORE: 'esdb://localhost', EVENT_STORE_APPEND_BYTES_MAX: '16767217' }, 'EVENT_STORE_APPEND_BYTES_MAX'],
    [[], { EVENT_STORE: 'esdb://localhost', EVENT_STORE_APPEND_BYTES_MAX: '1 MiB' }, 'EVENT_STORE_APPEND_BYTES_MAX'],
    [[], { EVENT_STORE: 'esdb://localhost', EVENT_STORE_PASSWORD: 'secret' }, 'EVENT_STORE_USERNAME'],
    [[], { METRICS: 'yes' }, 'METRICS'],
    [[], { LOG_FORMAT: 'xml' }, 'LOG_FORMAT'],
    [[], { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [[], { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'grpc://localhost' }, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    [[], { READ_STORE_SQL: 'mysql://localhost' }, 'READ_STORE_SQL'],
    [[], { READ_STORE_CACHE: 'memcached://localhost' }, 'READ_STORE_CACHE'],
    [[], { READ_STORE_CACHE: 'redis+nodes://localhost' }, 'READ_STORE_CACHE'],
    [[], { READ_STORE_CACHE: 'redis://' }, 'READ_STORE_CACHE'],
    [[], { READ_STORE_SEARCH: 'opensearch' }, 'READ_STORE_SEARCH'],
  ])('refuse %j %j and name the setting', (argv, env, setting) => {
    expect(refusal(argv, env as Record<string, string>)).toMatchObject({ code: 'SETTINGS_INVALID', setting });
  });

  it.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_SDK_DISABLED: 'true' }, false],
  ])("send traces as OpenTelemetry's variables say: %j", (env, traces) => {
    expect(readSettings([], env as Record<string, string>).traces).toBe(traces);
  });

  it('are told with the port that the application has, and data only where it imports any', () => {
    const help = settingsHelp('Runs the query API alone.', queryProcessSettings({ port: 3_001 }));
    expect(help).toMatch(/^Runs the query API alone\.\n\n/);
    expect(help).toMatch(/--port <n> +PORT +3001 /);
    expect(help).toMatch(/--host <address> +MAINSTEM_HOST +127\.0\.0\.1 /);
    expect(help).not.toContain('--data');
    expect(settingsHelp('Runs everything.', allInOneSettings())).toMatch(/PORT +3000 [^]*--data <file>[^]*--no-data/);
  });

  it('never repeat a password in a message', () => {
    expect(String(refusal([], { READ_STORE_CACHE: 'memcached://user:secret@localhost' }))).not.toContain('secret');
    expect(String(refusal([], { EVENT_STORE: 'kurrentdbs://admin:secret@localhost' }))).not.toContain('secret');
    expect(String(refusal([], { EVENT_STORE: 'http://admin:sec@secret@localhost' }))).not.toContain('secret');
  });

  it.each(
    ['EVENT_STORE', 'READ_STORE_SQL', 'READ_STORE_CACHE', 'READ_STORE_SEARCH', 'OTEL_EXPORTER_OTLP_ENDPOINT'].flatMap((name) =>
      [
        'user:SECRET@db:5432/shop',
        'user:SECRET',
        'SECRET',
        '/user:SECRET@db',
        'postgres:/user:SECRET@db',
        'wrong://user:SECRET',
        'wrong://user:1?SECRET@db',
        'wrong://user:a@SECRET@db',
        'wrong://db?password=SECRET',
        'wrong://db?password=a@SECRET',
        'wrong://user:12/SECRET',
      ].map((value) => [name, value] as const),
    ),
  )('never repeat it in %s, whatever the value looks like: %s', (name, value) => {
    expect(refusal([], { [name]: value })).toMatchObject({ code: 'SETTINGS_INVALID', setting: name });
    expect(String(refusal([], { [name]: value }))).not.toContain('SECRET');
  });

  it('refuse a variable or flag that is almost one of theirs, and name it', () => {
    expect(String(refusal([], { READ_STORE_SLQ: 'postgres://host/db' }))).toContain('Did you mean READ_STORE_SQL?');
    expect(String(refusal([], { MAINSTEM_REBIULD: 'auto' }))).toContain('Did you mean MAINSTEM_REBUILD?');
    expect(String(refusal(['--prot', '1']))).toContain('Did you mean --port?');
    expect(String(refusal([], { READ_STORE_SEARCH: 'http://host:9200?replcas=1' }))).toContain('Did you mean replicas?');
    expect(String(refusal([], { READ_STORE_SEARCH: 'http://host:9200?prefix=a&prefix=b' }))).toContain('gives prefix twice');
    // What Kubernetes and Docker set for a service of such a name is not ours.
    expect(
      refusal([], { EVENT_STORE_PORT: 'tcp://10.0.0.1:2113', EVENT_STORE_SERVICE_HOST: '10.0.0.1', READ_STORE_SQL_PORT: '5432' }),
    ).toBeUndefined();
  });

  it('take names to be served, and refuse what is no name', () => {
    expect(readSettings([], { MAINSTEM_ALLOWED_HOSTS: 'Shop.test, shop.local' }).allowedHosts).toEqual(['shop.test', 'shop.local']);
    for (const given of ['http://shop.test', 'shop.test:80', '*']) {
      expect(refusal([], { MAINSTEM_ALLOWED_HOSTS: given })).toMatchObject({ setting: 'MAINSTEM_ALLOWED_HOSTS' });
    }
  });
});
