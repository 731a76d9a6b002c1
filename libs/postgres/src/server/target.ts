// Server, schema and limits from the application's options. Errors never show the URL, which may hold a password.
import { flawOfParameters, takeParameter } from '@mainstem/event-store/settings';
import { PostgresSettingsInvalid } from '../errors.js';
import { schemaName } from './schema.js';

export interface PostgresLocation {
  /**
   * `postgres://user:password@host:port/database?schema=name`, with one host. It may also hold `pool_size`,
   * `lock_timeout` in milliseconds, and `notify=off`. Other parameters are the driver's, such as `sslmode`.
   */
  readonly url: string;
  /** Default: the URL's `schema`, else `mainstem_events`. */
  readonly schema?: string;
  /** Connections that read. Appends and notifications have one more each. 1 to 1,000; default 5. */
  readonly poolSizeMax?: number;
  /** How long an append waits for appends of other processes. 1 to 3,600,000; default 5,000. */
  readonly lockTimeoutMs?: number;
  /**
   * Whether appends send a notification, and subscriptions wait for those of other processes. It is a hint only:
   * without it, as behind a pooler of transactions, subscriptions look more often. Default true.
   */
  readonly notify?: boolean;
}

export interface PostgresTarget {
  readonly connectionString: string;
  /** For messages: host and port. */
  readonly address: string;
  readonly schema: string;
  readonly poolSizeMax: number;
  readonly lockTimeoutMs: number;
  readonly notify: boolean;
}

const SCHEMA_DEFAULT = 'mainstem_events';
const POOL_SIZE_DEFAULT = 5;
const POOL_SIZE_MAX = 1_000;
const LOCK_TIMEOUT_MS_DEFAULT = 5_000;
const LOCK_TIMEOUT_MS_MAX = 3_600_000;
const OWN_PARAMETERS = ['schema', 'pool_size', 'lock_timeout', 'notify'];
/** The driver's parameters of a URL; it ignores all others. */
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

/** Checks a location. Errors: EVENT_STORE_CONNECTION_SETTINGS_INVALID. */
export const postgresTargetOf = ({ url, schema, poolSizeMax, lockTimeoutMs, notify }: PostgresLocation): PostgresTarget => {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol) || /,|%2c/i.test(`${parsed.host}${parsed.searchParams.get('host') ?? ''}`)) {
    throw new PostgresSettingsInvalid(
      'the URL must look like postgres://user:password@host:port/database, with one host, that of the primary server',
    );
  }
  const flaw = flawOfParameters(parsed.searchParams, [...OWN_PARAMETERS, ...DRIVER_PARAMETERS]);
  if (flaw !== undefined) throw new PostgresSettingsInvalid(flaw);
  const given = Object.fromEntries(OWN_PARAMETERS.map((name) => [name, takeParameter(parsed, name)]));
  return {
    connectionString: parsed.href,
    address: parsed.searchParams.get('host') ?? parsed.host,
    schema: schemaName(schema ?? given['schema'] ?? SCHEMA_DEFAULT),
    poolSizeMax: wholeNumber(poolSizeMax ?? given['pool_size'] ?? POOL_SIZE_DEFAULT, 'pool_size', POOL_SIZE_MAX),
    lockTimeoutMs: wholeNumber(lockTimeoutMs ?? given['lock_timeout'] ?? LOCK_TIMEOUT_MS_DEFAULT, 'lock_timeout', LOCK_TIMEOUT_MS_MAX),
    notify: notify ?? isOn(given['notify'] ?? 'on'),
  };
};

const wholeNumber = (value: string | number, name: string, most: number): number => {
  const number = typeof value === 'string' && !/^[0-9]{1,9}$/.test(value) ? NaN : Number(value);
  if (!Number.isSafeInteger(number) || number < 1 || number > most)
    throw new PostgresSettingsInvalid(`${name} must be a whole number from 1 to ${most}`);
  return number;
};

const isOn = (value: string): boolean => {
  if (value !== 'on' && value !== 'off') throw new PostgresSettingsInvalid('notify must be on or off');
  return value === 'on';
};
