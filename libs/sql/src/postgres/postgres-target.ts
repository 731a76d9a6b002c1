// The PostgreSQL server and schema from the application's settings. Errors never show the URL, which may hold a
// password.
import { takeParameter } from '@mainstem/event-store/settings';
import { InvalidSqlOptions } from '../errors.js';
import { refuseUnknown, takeLimits, type ServerLimits } from '../server/server-limits.js';

export interface PostgresLocation extends Partial<ServerLimits> {
  /**
   * `postgres://user:password@host:port/database?schema=name`. It may also hold limits: `pool_size`, and with
   * PostgreSQL's own names `statement_timeout`, `lock_timeout`, `idle_in_transaction_session_timeout`. Other parameters
   * are the driver's, such as `sslmode`.
   */
  readonly url: string;
  /** Default: the URL's `schema`, else `public`. */
  readonly schema?: string;
  /** Refuse a schema without read models (READ_STORE_CANNOT_OPEN) instead of making it. Default false. */
  readonly mustExist?: boolean;
}

export interface PostgresTarget extends ServerLimits {
  readonly connectionString: string;
  readonly schema: string;
  readonly mustExist: boolean;
  /** Settings of a session, as on the server's command line. */
  readonly sessionOptions: string;
}

const SCHEMA = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
// Numbers, NULLs and times are read and written as text: other settings of the server would round or change them.
const SESSION_OPTIONS = '-c extra_float_digits=1 -c array_nulls=on -c timezone=UTC -c datestyle=ISO';

/** Checks a location. Errors: READ_STORE_INVALID_OPTIONS. */
export const postgresTargetOf = ({ url, schema, mustExist = false, ...given }: PostgresLocation): PostgresTarget => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol) || /,|%2c/i.test(`${parsed.host}${parsed.searchParams.get('host') ?? ''}`)) {
    throw new InvalidSqlOptions(
      'the URL must look like postgres://user:password@host:port/database, with one host: for several servers give the address that leads to the primary',
    );
  }
  refuseUnknown(parsed, ['schema', ...DRIVER_PARAMETERS]);
  const chosen = schema ?? takeParameter(parsed, 'schema') ?? 'public';
  parsed.searchParams.delete('schema');
  if (!SCHEMA.test(chosen)) throw new InvalidSqlOptions('the schema must be letters, digits and underscores, at most 63, starting with a letter');
  const sessionOptions = [takeParameter(parsed, 'options'), SESSION_OPTIONS].filter((options) => options !== undefined).join(' ');
  return {
    schema: chosen,
    mustExist,
    ...takeLimits(parsed, given),
    sessionOptions,
    connectionString: parsed.href,
  };
};

/** The driver's parameters of a URL; it ignores all others. `host` and `port` there are for sockets. */
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
