// How to reach the event store: a connection string, and credentials that may be given separately.
import { nearestName } from '@mainstem/event-store';
import type { ClientPackage } from './client-package.js';
import { ConnectionSettingsInvalid } from './errors.js';

export interface ConnectionSettings {
  /**
   * `esdb://host:2113`, `esdb://one:2113,two:2113` or `esdb+discover://name:2113`, or the same with `kurrentdb`, with
   * the client's parameters: `tls`, `tlsCAFile`, `userCertFile`, `userKeyFile`, `nodePreference`, `keepAliveInterval`,
   * `keepAliveTimeout`, `connectionName`.
   */
  readonly connectionString: string;
  /** Replace those in the string, so that a password can come from the environment. Clients send them over TLS only. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** The package that connects. Default: `@kurrent/kurrentdb-client` if installed, else `@eventstore/db-client`. */
  readonly client?: ClientPackage;
}

export interface Connection {
  /** The string as `esdb…`, whatever scheme was given. It holds the password: never show it. */
  readonly uri: string;
  /** For messages: the given addresses, without user and password. */
  readonly hosts: string;
  readonly password: string | undefined;
  readonly client: ClientPackage | undefined;
}

const FORM = /^(?:esdb|kurrentdb|kurrent|kdb)((?:\+discover)?:\/\/)(?:([^@/?]*)@)?([^?]+)(?:\?(.*))?$/s;

/** The parameters that the client knows. For others it prints a warning with the whole string and the password. */
const PARAMETERS: readonly string[] = [
  'connectionName',
  'defaultDeadline',
  'discoveryInterval',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
  'maxDiscoverAttempts',
  'nodePreference',
  'throwOnAppendFailure',
  'tls',
  'tlsCAFile',
  'tlsVerifyCert',
  'userCertFile',
  'userKeyFile',
];

export interface Address {
  readonly host: string;
  readonly port: number;
}

const PORT_DEFAULT = 2_113;

/** The addresses in a connection string, in its order, without those that cannot be read. */
export const addressesOf = (uri: string): readonly Address[] => {
  const [, , , hosts = ''] = FORM.exec(uri) ?? [];
  return hosts.split(',').flatMap((text) => {
    const [, inBrackets, name, port] = ADDRESS.exec(text) ?? [];
    const host = inBrackets ?? name;
    return host === undefined ? [] : [{ host, port: port === undefined ? PORT_DEFAULT : Number(port) }];
  });
};

const ADDRESS = /^(?:\[([^\]]+)\]|([^:/[\]]+))(?::(\d{1,5}))?\/*$/;

/** Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID. */
export const connectionOf = ({ connectionString, credentials, client }: ConnectionSettings): Connection => {
  const [, lookup, user, hosts, parameters] = (typeof connectionString === 'string' ? FORM.exec(connectionString.trim()) : undefined) ?? [];
  if (lookup === undefined || hosts === undefined) {
    throw new ConnectionSettingsInvalid('it does not begin with esdb://, esdb+discover://, kurrentdb:// or kurrentdb+discover://');
  }
  if (parameters !== undefined) checkParameters(parameters);
  const written = credentials ? `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}` : user;
  const rest = parameters === undefined ? hosts : `${hosts}?${parameters}`;
  return {
    uri: `esdb${lookup}${written === undefined ? '' : `${written}@`}${rest}`,
    // A password ends there too, if it holds an unencoded @ or /.
    hosts: hosts.slice(hosts.lastIndexOf('@') + 1),
    password: credentials?.password ?? passwordIn(user),
    client,
  };
};

const checkParameters = (parameters: string): void => {
  const given = new Set<string>();
  for (const parameter of parameters.split('&')) {
    const [name = '', value = ''] = parameter.split('=');
    const known = PARAMETERS.find((one) => one.toLowerCase() === name.toLowerCase().replaceAll(/[_-]/g, ''));
    if (known === undefined) {
      // The name is not shown: it may be part of a password that holds a ?.
      const meant = nearestName(name, PARAMETERS);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      throw new ConnectionSettingsInvalid(`it has a parameter that is not one of ${PARAMETERS.join(', ')}${hint}`);
    }
    if (given.has(known)) throw new ConnectionSettingsInvalid(`it gives ${known} twice`);
    given.add(known);
    if (value === '') throw new ConnectionSettingsInvalid(`${known} has no value`);
    if (known === 'tlsVerifyCert' && value !== 'true')
      throw new ConnectionSettingsInvalid('tlsVerifyCert cannot be turned off; name the CA in tlsCAFile');
  }
};

const KEEP_ALIVE_TIMEOUT = /[?&]keep[_-]?alive[_-]?timeout=(-?\d+)/i;
const KEEP_ALIVE_TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 1_000;
let connections = 0;

/**
 * The same settings, made unique for a client that needs its own connection. Clients of one process with equal settings
 * share a gRPC connection, with its limit of calls and its failures. So each client gets a keep-alive timeout that
 * differs by a few milliseconds.
 */
export const ownConnection = (uri: string): string => {
  const [, given] = KEEP_ALIVE_TIMEOUT.exec(uri) ?? [];
  const timeoutMs = given === undefined ? KEEP_ALIVE_TIMEOUT_MS : Number(given);
  // Keep-alive is off: then no setting can make connections differ.
  if (timeoutMs < 0) return uri;
  const own = timeoutMs + (connections++ % CONNECTIONS_MAX);
  return `${uri.replace(/\/+$/, '')}${uri.includes('?') ? '&' : '?'}keepAliveTimeout=${own}`;
};

const passwordIn = (user: string | undefined): string | undefined => {
  const [, password] = user?.split(/:(.*)/s) ?? [];
  try {
    return password === undefined || password === '' ? undefined : decodeURIComponent(password);
  } catch {
    // The text is not encoded and is used as it is.
    return password;
  }
};
