// What an application is started with: flags first, then the environment, then defaults.
import { nearestName } from '@mainstem/event-store';
import { PARTITIONS_MAX, type RebuildPolicy } from '@mainstem/projection';
import { LEASE_MS_DEFAULT } from '@mainstem/projection/operate';
import { resolve } from 'node:path';
import { HOST_DEFAULT } from '../process/host-default.js';
import { SettingsInvalid } from './errors.js';

export interface Settings {
  /** Folder of the embedded stores, absolute. */
  readonly dir: string;
  /** Address to listen on; this machine alone unless asked for, since an application need not have authentication. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Names that are served besides those of this machine while `host` is a loopback address; in small letters. */
  readonly allowedHosts: readonly string[];
  readonly eventStore: 'embedded' | EventStoreConnection;
  readonly readStoreSql: 'embedded' | { readonly url: string };
  /** May hold a password. */
  readonly readStoreCache: 'embedded' | { readonly url: string };
  readonly readStoreSearch: 'embedded' | SearchServerAddress;
  /** What projectors do when a deployment changes a projection: fill it anew by themselves, or wait for `mainstem rebuild`. */
  readonly rebuild: RebuildPolicy;
  /** Serve figures for Prometheus under /metrics. */
  readonly metrics: boolean;
  /** How each line of the log is written. */
  readonly logFormat: 'text' | 'json';
  /** Send traces to the receiver that OpenTelemetry's own variables name. */
  readonly traces: boolean;
  /** How long a projection waits for another instance of its projector after the one that ran it has died. */
  readonly leaseMs: number;
  /** In how many parts a projection runs, by its name; 1 for those that are not named. */
  readonly partitions: Readonly<Record<string, number>>;
  /** File to import on the first start, absolute; undefined for none. */
  readonly data: string | undefined;
}

/** An OpenSearch or Elasticsearch server. The URL may hold a password. */
export interface SearchServerAddress {
  readonly url: string;
  /** Begins the names of all indices. */
  readonly prefix?: string;
  readonly replicas?: number;
}

/** An EventStoreDB server or cluster. May hold a password: show `eventStoreAddress` instead. */
export interface EventStoreConnection {
  readonly connectionString: string;
  /** From EVENT_STORE_USERNAME and EVENT_STORE_PASSWORD; used in place of those in the string. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** What the server was set to take in one append. */
  readonly appendBytesMax?: number;
}

/** What an application adds to what it was started with. */
export interface SettingsOptions {
  /** Unless another port is given. */
  readonly port?: number;
  /** Imported when neither `--data` nor `--no-data` is given. */
  readonly data?: string;
  /** Names of all projections, also of those that other applications with the same environment host; any other one is refused. Default: any is taken. */
  readonly projections?: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DIR_DEFAULT = '.mainstem';
const PORT_DEFAULT = 3_000;
const PORT_MAX = 65_535;
/** Shorter ones would be lost to a pause of the garbage collector or a slow disk. */
const LEASE_MS_MIN = 1_000;
const LEASE_MS_MAX = 600_000;
/** No server before KurrentDB 25.1 takes more. */
const APPEND_BYTES_MAX = 16_767_216;

const DATA_HELP = `  --data <file>                                   events to import on the first start (.ndjson or .ndjson.gz)
  --no-data                                       import nothing
`;

/** What an application may be told apart by in its help. */
export interface HelpOptions {
  /** Where it listens unless another port is given. */
  readonly port?: number;
  /** Whether it imports data on its first start. */
  readonly importsData?: boolean;
}

/** What `--help` answers: a line about the application, then its settings. */
export const settingsHelp = (about: string, { port = PORT_DEFAULT, importsData = false }: HelpOptions = {}): string => `${about}

Settings (flag, environment variable, default):
  --dir <folder>    MAINSTEM_DIR       ${DIR_DEFAULT}    folder of the embedded stores
  --host <address>  MAINSTEM_HOST      ${HOST_DEFAULT}    address to listen on: this machine alone; 0.0.0.0 is every one that it has
  --port <n>        PORT               ${port}         port to listen on; 0 takes a free one
                    MAINSTEM_ALLOWED_HOSTS        names that are served besides localhost on a loopback address, such as shop.test,shop.local
${importsData ? DATA_HELP : ''}  --rebuild <how>   MAINSTEM_REBUILD   manual       what to do about a changed projection: auto fills it anew at start,
                                                  manual waits for mainstem rebuild
                    PROJECTOR_LEASE_MS 5000       how long a projection waits for another instance after its own has died
                    PROJECTION_PARTITIONS         in how many parts projections run: order-lines=4,products=2; those not named in one
                    EVENT_STORE        embedded     or esdb://host:2113?tls=true, esdb+discover://name:2113 (EventStoreDB), kurrentdb://… (KurrentDB)
                    EVENT_STORE_USERNAME          user of that server, where it does not stand in the string; over TLS only
                    EVENT_STORE_PASSWORD
                    EVENT_STORE_APPEND_BYTES_MAX  1048576: what that server was set to take in one append
                    READ_STORE_SQL     embedded     or postgres://user:password@host:port/database
                    READ_STORE_CACHE   embedded     or redis://user:password@host:port/0, redis+cluster://host:port,host:port,
                                                  redis+sentinel://host:port,host:port/name; rediss… over TLS, with ?tlsCAFile=ca.pem; ?prefix=name:
                    READ_STORE_SEARCH  embedded     or https://user:password@host:9200?prefix=shop&replicas=1 (OpenSearch, Elasticsearch)
                    LOG_FORMAT         text         json writes each line of the log as a JSON object
                    METRICS            off          on serves figures for Prometheus under /metrics
                    OTEL_EXPORTER_OTLP_ENDPOINT   http://host:4318 sends traces there (OTLP over HTTP); OpenTelemetry's other variables
                                                  count as well. Default: no traces`;

const FLAGS = ['--dir', '--host', '--port', '--data', '--no-data', '--rebuild', '--help'];
const VARIABLES = [
  'MAINSTEM_DIR',
  'MAINSTEM_HOST',
  'MAINSTEM_ALLOWED_HOSTS',
  'MAINSTEM_REBUILD',
  'PORT',
  'PROJECTOR_LEASE_MS',
  'PROJECTION_PARTITIONS',
  'EVENT_STORE',
  'EVENT_STORE_USERNAME',
  'EVENT_STORE_PASSWORD',
  'EVENT_STORE_APPEND_BYTES_MAX',
  'READ_STORE_SQL',
  'READ_STORE_CACHE',
  'READ_STORE_SEARCH',
  'METRICS',
  'LOG_FORMAT',
];
/** Short names, such as those near PORT, belong to others as well. */
const MISSPELT_LENGTH_MIN = 8;

/** A variable that is almost one of ours was meant to be it: without a word its value would count for nothing. Errors: SETTINGS_INVALID. */
const refuseMisspelt = (env: Environment): void => {
  for (const name of Object.keys(env)) {
    if (name.length < MISSPELT_LENGTH_MIN || VARIABLES.includes(name) || !env[name]) continue;
    const meant = nearestName(name, VARIABLES);
    if (meant !== undefined) throw new SettingsInvalid(name, `unknown. Did you mean ${meant}? Set that one, or remove this one.`);
  }
};

const didYouMean = (name: string, known: readonly string[]): string => {
  const meant = nearestName(name, known);
  return meant === undefined ? '' : ` Did you mean ${meant}?`;
};

/** Reads flags (without the program's name) and environment; an empty variable counts as absent. Errors: SETTINGS_INVALID. */
export const readSettings = (argv: readonly string[], env: Environment, options: SettingsOptions = {}): Settings => {
  const flags = readFlags(argv);
  refuseMisspelt(env);
  const data = flags.isWithoutData ? undefined : (flags.data ?? options.data);
  return {
    dir: resolve(flags.dir ?? variable(env, 'MAINSTEM_DIR') ?? DIR_DEFAULT),
    host: flags.host ?? variable(env, 'MAINSTEM_HOST') ?? HOST_DEFAULT,
    port: portOf(flags.port, env) ?? options.port ?? PORT_DEFAULT,
    allowedHosts: allowedHosts(variable(env, 'MAINSTEM_ALLOWED_HOSTS')),
    eventStore: eventStore(env),
    readStoreSql: sqlStore(variable(env, 'READ_STORE_SQL')),
    readStoreCache: cacheStore(variable(env, 'READ_STORE_CACHE')),
    readStoreSearch: searchStore(variable(env, 'READ_STORE_SEARCH')),
    rebuild: rebuildPolicy(flags.rebuild, env),
    metrics: isOn(env, 'METRICS'),
    logFormat: logFormat(env),
    traces: hasTraces(env),
    leaseMs: leaseMs(variable(env, 'PROJECTOR_LEASE_MS')),
    partitions: partitions(variable(env, 'PROJECTION_PARTITIONS'), options.projections),
    data: data === undefined ? undefined : resolve(data),
  };
};

interface Flags {
  dir?: string;
  host?: string;
  port?: string;
  data?: string;
  rebuild?: string;
  isWithoutData: boolean;
}

const readFlags = (argv: readonly string[]): Flags => {
  const flags: Flags = { isWithoutData: false };
  for (let index = 0; index < argv.length; index++) {
    const [name = '', ...rest] = (argv[index] ?? '').split('=');
    if (name === '--no-data' && rest.length === 0) {
      flags.isWithoutData = true;
    } else if (name === '--dir' || name === '--host' || name === '--port' || name === '--data' || name === '--rebuild') {
      const value = rest.length > 0 ? rest.join('=') : argv[++index];
      if (value === undefined || value === '' || value.startsWith('--')) throw new SettingsInvalid(name, 'needs a value after it');
      flags[name.slice(2) as 'dir' | 'host' | 'port' | 'data' | 'rebuild'] = value;
    } else {
      throw new SettingsInvalid(
        name,
        `unknown.${didYouMean(name, FLAGS)} Known are --dir <folder>, --host <address>, --port <n>, --data <file>, --no-data and --rebuild <auto|manual>.`,
      );
    }
  }
  if (flags.isWithoutData && flags.data !== undefined) throw new SettingsInvalid('--no-data', 'contradicts --data; give one of them');
  return flags;
};

const variable = (env: Environment, name: string): string | undefined => env[name] || undefined;

const portOf = (flag: string | undefined, env: Environment): number | undefined => {
  const text = flag ?? variable(env, 'PORT');
  if (text === undefined) return undefined;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= PORT_MAX))
    throw new SettingsInvalid(flag === undefined ? 'PORT' : '--port', `must be a whole number from 0 to ${PORT_MAX}, got "${text}"`);
  return port;
};

const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

const allowedHosts = (text: string | undefined): readonly string[] => {
  const names = (text ?? '').split(',').map((name) => name.trim().toLowerCase());
  const unusable = names.find((name) => name !== '' && !HOST_NAME.test(name));
  if (unusable !== undefined)
    throw new SettingsInvalid('MAINSTEM_ALLOWED_HOSTS', `must be host names without port, with commas between, got "${unusable}"`);
  return names.filter((name) => name !== '');
};

const isOn = (env: Environment, name: string): boolean => {
  const value = variable(env, name) ?? 'off';
  if (value !== 'on' && value !== 'off') throw new SettingsInvalid(name, `must be on or off, got "${value}"`);
  return value === 'on';
};

const logFormat = (env: Environment): Settings['logFormat'] => {
  const value = variable(env, 'LOG_FORMAT') ?? 'text';
  if (value !== 'text' && value !== 'json') throw new SettingsInvalid('LOG_FORMAT', `must be text or json, got "${value}"`);
  return value;
};

/** As OpenTelemetry specifies these variables: one of two endpoints, and a switch that overrules them. */
const hasTraces = (env: Environment): boolean => {
  const isAsked = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'].map((name) => {
    const url = variable(env, name);
    if (url !== undefined && !(/^https?:\/\//.test(url) && URL.canParse(url))) {
      throw new SettingsInvalid(name, `must be a URL like http://localhost:4318, got "${withoutCredentials(url)}"`);
    }
    return url !== undefined;
  });
  return isAsked.includes(true) && env['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true';
};

const rebuildPolicy = (flag: string | undefined, env: Environment): RebuildPolicy => {
  const value = flag ?? variable(env, 'MAINSTEM_REBUILD') ?? 'manual';
  if (value !== 'auto' && value !== 'manual') {
    throw new SettingsInvalid(flag === undefined ? 'MAINSTEM_REBUILD' : '--rebuild', `must be auto or manual, got "${value}"`);
  }
  return value;
};

const leaseMs = (text: string | undefined): number => {
  if (text === undefined) return LEASE_MS_DEFAULT;
  const value = /^[0-9]{1,6}$/.test(text) ? Number(text) : NaN;
  if (!(value >= LEASE_MS_MIN && value <= LEASE_MS_MAX)) {
    throw new SettingsInvalid('PROJECTOR_LEASE_MS', `must be a whole number from ${LEASE_MS_MIN} to ${LEASE_MS_MAX}, got "${text}"`);
  }
  return value;
};

const PARTITIONS = /^([a-z][a-z0-9-]*)=([1-9][0-9]?)$/;

const partitions = (text: string | undefined, known: readonly string[] | undefined): Readonly<Record<string, number>> => {
  const entries = (text ?? '').split(',').flatMap((part): [string, number][] => {
    if (part.trim() === '') return [];
    const [, projection = '', count = ''] = PARTITIONS.exec(part.trim()) ?? [];
    if (!(Number(count) >= 1 && Number(count) <= PARTITIONS_MAX)) {
      throw new SettingsInvalid(
        'PROJECTION_PARTITIONS',
        `must be like order-lines=4,products=2, with 1 to ${PARTITIONS_MAX} parts, got "${part.trim()}"`,
      );
    }
    return [[projection, Number(count)]];
  });
  const names = entries.map(([projection]) => projection);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new SettingsInvalid('PROJECTION_PARTITIONS', `names ${twice} twice`);
  // Told instead of ignored: the projection that was meant would run in one part, and nobody would notice.
  const unknown = names.find((name) => known?.includes(name) === false);
  if (unknown !== undefined)
    throw new SettingsInvalid(
      'PROJECTION_PARTITIONS',
      `there is no projection ${unknown}.${didYouMean(unknown, known ?? [])} Known are ${known?.join(', ')}`,
    );
  return Object.fromEntries(entries);
};

/** Where the events are, without anything secret. */
export const eventStoreAddress = ({ dir, eventStore }: Pick<Settings, 'dir' | 'eventStore'>): string =>
  eventStore === 'embedded' ? dir : withoutCredentials(eventStore.connectionString).replace(/\?.*$/s, '');

const CONNECTION = /^(?:esdb|kurrentdb|kurrent|kdb)(?:\+discover)?:\/\/[^/?]+/;

const eventStore = (env: Environment): Settings['eventStore'] => {
  const connectionString = variable(env, 'EVENT_STORE') ?? 'embedded';
  if (connectionString === 'embedded') return 'embedded';
  if (!CONNECTION.test(connectionString)) {
    const got = withoutCredentials(connectionString);
    throw new SettingsInvalid('EVENT_STORE', `must be "embedded" or a connection string like esdb://host:2113?tls=true, got "${got}"`);
  }
  const credentials = eventStoreCredentials(env);
  const appendBytesMax = appendBytes(variable(env, 'EVENT_STORE_APPEND_BYTES_MAX'));
  return { connectionString, ...(credentials && { credentials }), ...(appendBytesMax !== undefined && { appendBytesMax }) };
};

const appendBytes = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const value = /^[0-9]{1,8}$/.test(text) ? Number(text) : NaN;
  if (!(value >= 1 && value <= APPEND_BYTES_MAX)) {
    throw new SettingsInvalid('EVENT_STORE_APPEND_BYTES_MAX', `must be a whole number from 1 to ${APPEND_BYTES_MAX}, got "${text}"`);
  }
  return value;
};

const eventStoreCredentials = (env: Environment): EventStoreConnection['credentials'] => {
  const username = variable(env, 'EVENT_STORE_USERNAME');
  const password = variable(env, 'EVENT_STORE_PASSWORD');
  if (username !== undefined && password !== undefined) return { username, password };
  if (username === undefined && password === undefined) return undefined;
  throw new SettingsInvalid(username === undefined ? 'EVENT_STORE_USERNAME' : 'EVENT_STORE_PASSWORD', 'is missing; user and password go together');
};

const sqlStore = (value = 'embedded'): Settings['readStoreSql'] => {
  if (value === 'embedded') return value;
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new SettingsInvalid(
      'READ_STORE_SQL',
      `must be "embedded" or a URL like postgres://user:password@host:5432/database, got "${withoutCredentials(value)}"`,
    );
  }
  return { url: value };
};

const REDIS = /^rediss?(\+cluster|\+sentinel)?:\/\/[^/?]+/;

const cacheStore = (value = 'embedded'): Settings['readStoreCache'] => {
  if (value === 'embedded') return value;
  if (!REDIS.test(value)) {
    throw new SettingsInvalid(
      'READ_STORE_CACHE',
      `must be "embedded" or a URL like redis://user:password@host:6379/0 or redis+sentinel://host:26379/name, got "${withoutCredentials(value)}"`,
    );
  }
  return { url: value };
};

const SEARCH_PREFIX = /^[a-z][a-z0-9_]{0,31}$/;
const REPLICAS = /^[0-9]$/;

const searchStore = (value = 'embedded'): Settings['readStoreSearch'] => {
  if (value === 'embedded') return value;
  const refuse = (problem: string): SettingsInvalid => new SettingsInvalid('READ_STORE_SEARCH', problem);
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw refuse(`must be "embedded" or a URL like https://user:password@host:9200, got "${withoutCredentials(value)}"`);
  }
  const url = new URL(value);
  const names = [...url.searchParams.keys()];
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw refuse(`gives ${twice} twice`);
  const { prefix, replicas, ...others } = Object.fromEntries(url.searchParams);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refuse(`does not know ${unknown}; it takes prefix and replicas.${didYouMean(unknown, ['prefix', 'replicas'])}`);
  if (prefix !== undefined && !SEARCH_PREFIX.test(prefix)) throw refuse('its prefix must be 1 to 32 lower-case letters, digits and underscores');
  if (replicas !== undefined && !REPLICAS.test(replicas)) throw refuse('its replicas must be a number from 0 to 9');
  url.search = '';
  return { url: url.href, ...(prefix !== undefined && { prefix }), ...(replicas !== undefined && { replicas: Number(replicas) }) };
};

/**
 * A value that was meant to be a URL, fit for a message: scheme and hosts. What stands before the last @ may be a password, and so may all of a
 * value that looks like no address.
 */
const withoutCredentials = (value: string): string => {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(value) ?? [];
  const at = rest.lastIndexOf('@');
  const query = rest.indexOf('?');
  const hosts = rest.slice(at + 1).replace(/[/?#].*$/s, '');
  const isShown = HOSTS.test(hosts) && (scheme !== '' || at >= 0) && !(query >= 0 && query < at);
  return `${scheme}${at < 0 ? '' : '…@'}${isShown ? hosts : '…'}`;
};

const HOSTS = /^[A-Za-z0-9._-]*(?::\d{0,5})?(?:,[A-Za-z0-9._-]+(?::\d{0,5})?)*$/;
