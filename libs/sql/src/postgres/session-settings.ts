// Checks that this store's settings have reached the server: a pooler in between may drop them.
import { UnsupportedDatabase } from '../errors.js';
import type { SqlConnection } from '../server/sql-database.js';
import type { ServerLimits } from '../server/server-limits.js';

/**
 * Without them statements would have no limit, and numbers and times could change. Errors:
 * READ_STORE_UNSUPPORTED_DATABASE.
 */
export const assertSettings = async (connection: SqlConnection, limits: ServerLimits): Promise<void> => {
  const rows = await connection.query<{ name: string; setting: string }>(SETTINGS);
  const found = new Map(rows.map(({ name, setting }) => [name.toLowerCase(), setting]));
  const wrong = wantedOf(limits).filter(({ name, isMet }) => !isMet(found.get(name) ?? ''));
  if (wrong.length === 0) return;
  const statements = wrong.map(({ name, value }) => `ALTER ROLE … SET ${name} = ${value}`).join('; ');
  throw new UnsupportedDatabase(
    `${POOLER}, ${wrong.map(({ name }) => name).join(', ')}. Connect to the server itself, or give the role these settings: ${statements}.`,
  );
};

/** From a pooler that does not know the setting. */
export const refusedByPooler = (problem: string): UnsupportedDatabase =>
  new UnsupportedDatabase(
    `${POOLER} (${problem}). Connect to the server itself, or let PgBouncer have ignore_startup_parameters = statement_timeout, lock_timeout, ` +
      'idle_in_transaction_session_timeout, options; the next try then says what the role needs instead.',
  );

const POOLER = 'a pooler in front of the server drops settings of the session';

const SETTINGS = `SELECT name, setting FROM pg_settings WHERE lower(name) IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
  'extra_float_digits', 'array_nulls', 'timezone', 'datestyle')`;

interface WantedSetting {
  readonly name: string;
  /** As SQL. */
  readonly value: string | number;
  readonly isMet: (setting: string) => boolean;
}

const wantedOf = ({ statementTimeoutMs, lockTimeoutMs, idleInTransactionTimeoutMs }: ServerLimits): readonly WantedSetting[] => [
  atMost('statement_timeout', statementTimeoutMs),
  atMost('lock_timeout', lockTimeoutMs),
  atMost('idle_in_transaction_session_timeout', idleInTransactionTimeoutMs),
  { name: 'extra_float_digits', value: 1, isMet: (setting) => Number(setting) >= 1 },
  { name: 'array_nulls', value: 'on', isMet: (setting) => setting === 'on' },
  { name: 'timezone', value: "'UTC'", isMet: (setting) => /^(?:etc\/)?(?:utc|uct|gmt|zulu)$/i.test(setting) },
  { name: 'datestyle', value: "'ISO'", isMet: (setting) => setting.startsWith('ISO') },
];

/** In milliseconds; 0 means no limit. */
const atMost = (name: string, value: number): WantedSetting => ({
  name,
  value,
  isMet: (setting) => Number(setting) >= 1 && Number(setting) <= value,
});
