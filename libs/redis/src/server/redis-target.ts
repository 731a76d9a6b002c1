// The server and the key prefix from the application's settings. Errors never show the URL, which may hold a password.
import { flawOfParameters } from '@mainstem/event-store/settings';
import { InvalidRedisOptions } from '../errors.js';

export interface RedisLocation {
  /**
   * `redis://user:password@host:6379/0`, `rediss://…` over TLS, `redis+cluster://host:port,host:port`,
   * `redis+sentinel://host:port,host:port/name/0` (likewise `rediss+…`). `?prefix=name:` is the beginning of all keys,
   * so that several applications can share a server; default `mainstem:`. `?tlsCAFile=/path/ca.pem` names the only
   * trusted CA; default: the CAs of Node.
   */
  readonly url: string;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisTarget {
  readonly mode: 'single' | 'cluster' | 'sentinel';
  readonly addresses: readonly RedisAddress[];
  /** The name of the sentinels' group; empty in other modes. */
  readonly masterName: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly isTls: boolean;
  /** A path; undefined for the CAs of Node. */
  readonly tlsCAFile: string | undefined;
  readonly prefix: string;
}

const PORT_DEFAULT = 6379;
const SENTINEL_PORT_DEFAULT = 26_379;
const PREFIX_DEFAULT = 'mainstem:';
const URL_PARTS = /^(rediss?)(?:\+(cluster|sentinel))?:\/\/(?:(.*)@)?([^/?@]+)((?:\/[^?]*)?)(?:\?(.*))?$/s;
const ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?$/;
const PREFIX = /^[A-Za-z0-9:._-]{1,64}$/;
const DATABASE = /^[0-9]{1,4}$/;
const PARAMETERS = ['prefix', 'tlsCAFile'];
const MASTER_NAME = /^[A-Za-z0-9._-]+$/;

/** Checks a location. Errors: READ_STORE_INVALID_OPTIONS. */
export const redisTargetOf = ({ url }: RedisLocation): RedisTarget => {
  const [, scheme, kind, credentials, hosts = '', path = '', query = ''] = URL_PARTS.exec(url) ?? [];
  if (!scheme) throw new InvalidRedisOptions('the URL must look like redis://user:password@host:6379/0, or redis+cluster:// or redis+sentinel://');
  const mode = kind === 'cluster' || kind === 'sentinel' ? kind : 'single';
  const addresses = hosts.split(',').map((text) => addressOf(text, mode === 'sentinel' ? SENTINEL_PORT_DEFAULT : PORT_DEFAULT));
  if (mode === 'single' && addresses.length > 1) throw new InvalidRedisOptions('several servers need redis+cluster:// or redis+sentinel://');
  const segments = path.split('/').slice(1).map(decoded);
  const masterName = mode === 'sentinel' ? (segments.shift() ?? '') : '';
  if (mode === 'sentinel' && !MASTER_NAME.test(masterName))
    throw new InvalidRedisOptions('name the group after the sentinels: redis+sentinel://host:26379/name');
  return {
    mode,
    addresses,
    masterName,
    ...credentialsOf(credentials),
    database: databaseOf(segments, mode),
    isTls: scheme === 'rediss',
    ...parametersOf(query, scheme === 'rediss'),
  };
};

const addressOf = (text: string, portDefault: number): RedisAddress => {
  const [, host = '', port] = ADDRESS.exec(text) ?? [];
  const number = port === undefined ? portDefault : Number(port);
  if (host === '' || number < 1 || number > 65_535) throw new InvalidRedisOptions('every server must be given as host or host:port');
  return { host: host.replace(/^\[|\]$/g, ''), port: number };
};

const credentialsOf = (text: string | undefined): Pick<RedisTarget, 'username' | 'password'> => {
  if (text === undefined) return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  if (colon === -1) throw new InvalidRedisOptions('user and password go together: user:password@host, or :password@host for the default user');
  const username = decoded(text.slice(0, colon));
  return { username: username === '' ? undefined : username, password: decoded(text.slice(colon + 1)) };
};

const databaseOf = (segments: readonly string[], mode: RedisTarget['mode']): number => {
  const [text = '', ...rest] = segments;
  if (rest.length > 0 || (text !== '' && !DATABASE.test(text)))
    throw new InvalidRedisOptions('the database must be a number, as in redis://host:6379/0');
  const database = Number(text);
  if (mode === 'cluster' && database !== 0) throw new InvalidRedisOptions('a cluster has only database 0');
  return database;
};

const parametersOf = (query: string, isTls: boolean): Pick<RedisTarget, 'prefix' | 'tlsCAFile'> => {
  const parameters = new URLSearchParams(query);
  const flaw = flawOfParameters(parameters, PARAMETERS);
  if (flaw !== undefined) throw new InvalidRedisOptions(flaw);
  const tlsCAFile = parameters.get('tlsCAFile') || undefined;
  if (tlsCAFile !== undefined && !isTls) throw new InvalidRedisOptions('tlsCAFile needs rediss://');
  const prefix = parameters.get('prefix') ?? PREFIX_DEFAULT;
  if (!PREFIX.test(prefix)) throw new InvalidRedisOptions('the prefix must be letters, digits, dots, dashes, underscores and colons, at most 64');
  return { prefix, tlsCAFile };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidRedisOptions('the URL has a % that is not followed by two hex digits; write %25 for it');
  }
};
