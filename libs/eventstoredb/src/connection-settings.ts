// How to reach the event store: a connection string, and credentials that need not stand in it.
import { nearestName } from '@mainstem/event-store';
import type { ClientPackage } from './client-package.js';
import { ConnectionSettingsInvalid } from './errors.js';

export interface ConnectionSettings {
  /**
   * `esdb://host:2113`, `esdb://one:2113,two:2113` or `esdb+discover://name:2113`, or the same with `kurrentdb`, with the client's parameters:
   * `tls`, `tlsCAFile`, `userCertFile` and `userKeyFile`, `nodePreference`, `keepAliveInterval`, `keepAliveTimeout`, `connectionName`.
   */
  readonly connectionString: string;
  /** Used in place of those in the string, so that a password can come from the environment. Clients send them over TLS only. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Whose client makes the connections, to servers of either name. Default: `@kurrent/kurrentdb-client` where it is installed, else `@eventstore/db-client`. */
  readonly client?: ClientPackage;
}

export interface Connection {
  /** `esdb…`, whichever scheme was given. Holds the password: never to be shown. */
  readonly uri: string;
  /** For messages: the addresses as they were given, without user and password. */
  readonly hosts: string;
  readonly password: string | undefined;
  readonly client: ClientPackage | undefined;
}

const FORM = /^(?:esdb|kurrentdb|kurrent|kdb)((?:\+discover)?:\/\/)(?:([^@/?]*)@)?([^?]+)(?:\?(.*))?$/s;

/** What the client knows; it ignores anything else, and warns with the whole string, the password included. */
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

/** The addresses that a connection string names, in its order. One that cannot be read is left out. */
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
    // A password with an @ or / that is not encoded ends there, too.
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
      // The name is not shown: it may be of a password with a ? in it.
      const meant = nearestName(name, PARAMETERS);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      throw new ConnectionSettingsInvalid(`it has a parameter that is none of ${PARAMETERS.join(', ')}${hint}`);
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
 * The same settings for a client that is to have a connection of its own: gRPC lets all clients of a process share one as long as their
 * settings are equal, and with it its limit of calls and its failures. So the time that a lost connection takes to be noticed differs by a few milliseconds.
 */
export const ownConnection = (uri: string): string => {
  const [, given] = KEEP_ALIVE_TIMEOUT.exec(uri) ?? [];
  const timeoutMs = given === undefined ? KEEP_ALIVE_TIMEOUT_MS : Number(given);
  // Turned off: then there is nothing to tell connections apart by.
  if (timeoutMs < 0) return uri;
  const own = timeoutMs + (connections++ % CONNECTIONS_MAX);
  return `${uri.replace(/\/+$/, '')}${uri.includes('?') ? '&' : '?'}keepAliveTimeout=${own}`;
};

const passwordIn = (user: string | undefined): string | undefined => {
  const [, password] = user?.split(/:(.*)/s) ?? [];
  try {
    return password === undefined || password === '' ? undefined : decodeURIComponent(password);
  } catch {
    // Not encoded: then it is what it is.
    return password;
  }
};
