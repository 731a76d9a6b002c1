// How to reach the event store: a connection string, and credentials that need not stand in it.
import { ConnectionSettingsInvalid } from './errors.js';

export interface ConnectionSettings {
  /**
   * `esdb://host:2113`, `esdb://one:2113,two:2113` or `esdb+discover://name:2113`, with the client's parameters: `tls`, `tlsCAFile`,
   * `userCertFile` and `userKeyFile`, `nodePreference`, `keepAliveInterval`, `keepAliveTimeout`, `connectionName`.
   */
  readonly connectionString: string;
  /** Used in place of those in the string, so that a password can come from the environment. Clients send them over TLS only. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

export interface Connection {
  /** Holds the password: never to be shown. */
  readonly uri: string;
  readonly password: string | undefined;
}

const FORM = /^(esdb(?:\+discover)?:\/\/)(?:([^@/?]*)@)?(.+)$/s;

/** Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID. */
export const connectionOf = ({ connectionString, credentials }: ConnectionSettings): Connection => {
  const [, scheme, user, rest] = (typeof connectionString === 'string' ? FORM.exec(connectionString.trim()) : undefined) ?? [];
  if (scheme === undefined || rest === undefined) throw new ConnectionSettingsInvalid('it does not begin with esdb:// or esdb+discover://');
  const written = credentials ? `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}` : user;
  return { uri: `${scheme}${written === undefined ? '' : `${written}@`}${rest}`, password: credentials?.password ?? passwordIn(user) };
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
