// Where on which PostgreSQL server, from the application's settings. Refusals never show the URL: it may hold a password.
import { InvalidSqlOptions } from '../errors.js';

export interface PostgresLocation {
  /** `postgres://user:password@host:port/database?schema=name`; other parameters are the driver's, such as `sslmode`. */
  readonly url: string;
  /** Default: the URL's `schema`, else `public`. */
  readonly schema?: string;
  /** Most connections at a time, from 1; default 10. */
  readonly poolSizeMax?: number;
}

export interface PostgresTarget {
  readonly connectionString: string;
  readonly schema: string;
  readonly poolSizeMax: number;
}

const POOL_SIZE_MAX_DEFAULT = 10;
const SCHEMA = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Checks a location. Errors: READ_STORE_INVALID_OPTIONS. */
export const postgresTargetOf = ({ url, schema, poolSizeMax = POOL_SIZE_MAX_DEFAULT }: PostgresLocation): PostgresTarget => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol)) {
    throw new InvalidSqlOptions('the URL must look like postgres://user:password@host:port/database');
  }
  const chosen = schema ?? parsed.searchParams.get('schema') ?? 'public';
  if (!SCHEMA.test(chosen)) throw new InvalidSqlOptions('the schema must be letters, digits and underscores, at most 63, starting with a letter');
  if (!Number.isSafeInteger(poolSizeMax) || poolSizeMax < 1)
    throw new InvalidSqlOptions(`poolSizeMax must be a whole number from 1, got ${poolSizeMax}`);
  parsed.searchParams.delete('schema');
  return { connectionString: parsed.href, schema: chosen, poolSizeMax };
};
