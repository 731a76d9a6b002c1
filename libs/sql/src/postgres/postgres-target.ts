// Where on which PostgreSQL server, from the application's settings. Refusals never show the URL: it may hold a password.
import { nearestName } from '@mainstem/event-store';
import { InvalidSqlOptions } from '../errors.js';

export interface PostgresLocation extends Partial<PostgresLimits> {
  /**
   * `postgres://user:password@host:port/database?schema=name`. Limits may stand there, too: `pool_size`, and by PostgreSQL's own names
   * `statement_timeout`, `lock_timeout`, `idle_in_transaction_session_timeout`. Other parameters are the driver's, such as `sslmode`.
   */
  readonly url: string;
  /** Default: the URL's `schema`, else `public`. */
  readonly schema?: string;
  /** Refuse a schema without read models (READ_STORE_CANNOT_OPEN) instead of making it: for what looks at a store that should be there. Default false. */
  readonly mustExist?: boolean;
}

/** What bounds the use of the server. Whole numbers from 1; an option goes before the URL. */
export interface PostgresLimits {
  /**
   * Most connections at a time; default 10. Queries leave one of them to projections. With a single one everything works, but waits for
   * everything else.
   */
  readonly poolSizeMax: number;
  /** Longest time of one statement; default 60,000. Statements that build an index may take a day. */
  readonly statementTimeoutMs: number;
  /** Longest wait for a lock; default 10,000. */
  readonly lockTimeoutMs: number;
  /** Longest pause between two statements of a transaction, after which the server ends the connection; default 60,000. */
  readonly idleInTransactionTimeoutMs: number;
}

export interface PostgresTarget extends PostgresLimits {
  readonly connectionString: string;
  readonly schema: string;
  readonly mustExist: boolean;
  /** Settings of a session, as on the command line of the server. */
  readonly sessionOptions: string;
}

/** Of the time that a statement may take. */
const LOCK_SHARE_MAX = 0.8;

const LIMITS: Readonly<Record<keyof PostgresLimits, { readonly parameter: string; readonly fallback: number }>> = {
  poolSizeMax: { parameter: 'pool_size', fallback: 10 },
  statementTimeoutMs: { parameter: 'statement_timeout', fallback: 60_000 },
  lockTimeoutMs: { parameter: 'lock_timeout', fallback: 10_000 },
  idleInTransactionTimeoutMs: { parameter: 'idle_in_transaction_session_timeout', fallback: 60_000 },
};
/** Of the server: timeouts are numbers of 32 bits. */
const LIMIT_MAX = 2_147_483_647;
const SCHEMA = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
// Numbers, NULLs and times are read and written as text: a database or role that was set otherwise would round, turn them into words, or shift them.
const SESSION_OPTIONS = '-c extra_float_digits=1 -c array_nulls=on -c timezone=UTC -c datestyle=ISO';

/** Checks a location. Errors: READ_STORE_INVALID_OPTIONS. */
export const postgresTargetOf = ({ url, schema, mustExist = false, ...given }: PostgresLocation): PostgresTarget => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol) || /,|%2c/i.test(`${parsed.host}${parsed.searchParams.get('host') ?? ''}`)) {
    throw new InvalidSqlOptions(
      'the URL must look like postgres://user:password@host:port/database, with one host: for several servers give the address that leads to the primary',
    );
  }
  refuseUnknown(parsed);
  const limitOf = (name: keyof PostgresLimits): number => {
    const { parameter, fallback } = LIMITS[name];
    const text = taken(parsed, parameter);
    const value = given[name] ?? (text === undefined ? fallback : Number(text));
    if (Number.isSafeInteger(value) && value >= 1 && value <= LIMIT_MAX) return value;
    throw new InvalidSqlOptions(`${name} (in the URL: ${parameter}) must be a whole number from 1, got ${given[name] ?? text}`);
  };
  const chosen = schema ?? taken(parsed, 'schema') ?? 'public';
  parsed.searchParams.delete('schema');
  if (!SCHEMA.test(chosen)) throw new InvalidSqlOptions('the schema must be letters, digits and underscores, at most 63, starting with a letter');
  const statementTimeoutMs = limitOf('statementTimeoutMs');
  const sessionOptions = [taken(parsed, 'options'), SESSION_OPTIONS].filter((options) => options !== undefined).join(' ');
  return {
    schema: chosen,
    mustExist,
    poolSizeMax: limitOf('poolSizeMax'),
    statementTimeoutMs,
    // A wait for others must not pass for a statement that takes too long.
    lockTimeoutMs: Math.min(limitOf('lockTimeoutMs'), Math.ceil(statementTimeoutMs * LOCK_SHARE_MAX)),
    idleInTransactionTimeoutMs: limitOf('idleInTransactionTimeoutMs'),
    sessionOptions,
    connectionString: parsed.href,
  };
};

/** What the driver takes from a URL; it ignores anything else. `host` and `port` there are for sockets. */
const DRIVER_PARAMETERS = [
  'application_name',
  'client_encoding',
  'fallback_application_name',
  'host',
  'port',
  'options',
  'ssl',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
  'uselibpqcompat',
];
const KNOWN_PARAMETERS = ['schema', ...Object.values(LIMITS).map(({ parameter }) => parameter), ...DRIVER_PARAMETERS];

/** Without a word its value would count for nothing, such as the schema's. Errors: READ_STORE_INVALID_OPTIONS. */
const refuseUnknown = (url: URL): void => {
  const names = [...url.searchParams.keys()];
  const unknown = names.find((name) => !KNOWN_PARAMETERS.includes(name));
  if (unknown !== undefined) {
    const meant = nearestName(unknown, KNOWN_PARAMETERS);
    const hint = meant === undefined ? `known are ${KNOWN_PARAMETERS.join(', ')}` : `did you mean ${meant}?`;
    throw new InvalidSqlOptions(`the URL has an unknown parameter ${unknown}; ${hint}`);
  }
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new InvalidSqlOptions(`the URL gives ${twice} twice`);
};

/** A parameter of the URL, which the driver is not to see. */
const taken = (url: URL, parameter: string): string | undefined => {
  const value = url.searchParams.get(parameter) ?? undefined;
  url.searchParams.delete(parameter);
  return value;
};
