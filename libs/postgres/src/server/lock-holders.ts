// Who keeps an append waiting.
import type { LockHolder } from '../errors.js';
import { nameIn } from './schema.js';
import type { Row, Sessions } from './sessions.js';

/**
 * The sessions that hold the row of the counter, or a lock on the whole of a table of the log. Empty if they have ended
 * meanwhile, or if the server does not answer: the caller reports the wait in any case.
 */
export const lockHolders = async (sessions: Sessions): Promise<readonly LockHolder[]> => {
  const { schema } = sessions.options.target;
  const holders = async (text: string): Promise<readonly LockHolder[]> => (await sessions.readOnce({ text, values: [] })).map(holderOf);
  try {
    const ofTables = await holders(holdersOf(tableLocks(schema)));
    if (ofTables.length > 0) return ofTables;
    // A lock on a whole table would have kept this look at the counter waiting, too.
    const ofRow = await holders(holdersOf(counterLock(schema)));
    // A transaction that locked it behind a savepoint has given the number of that part back, and holds the row still.
    return ofRow.length > 0 ? ofRow : await holders(holdersOf(rowLocks(schema)));
  } catch {
    return [];
  }
};

/**
 * The sessions that use a table of the log in any way, else those with an open transaction in its database: a change of
 * the schema waits for them.
 */
export const upgradeHolders = async (sessions: Sessions): Promise<readonly LockHolder[]> => {
  const { schema } = sessions.options.target;
  const holders = async (condition: string) => (await sessions.readOnce({ text: holdersOf(condition), values: [] })).map(holderOf);
  try {
    const users = await holders(tablesOf(schema));
    return users.length > 0 ? users : await holders(OPEN_TRANSACTIONS);
  } catch {
    return [];
  }
};

const holderOf = ([pid, applicationName, seconds]: Row): LockHolder => ({
  pid: Number(pid),
  applicationName: applicationName ?? undefined,
  seconds: typeof seconds === 'string' ? Number(seconds) : undefined,
});

const holdersOf = (condition: string): string => `SELECT DISTINCT l.pid, a.application_name,
  floor(extract(epoch FROM clock_timestamp() - a.xact_start))::bigint
FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.granted AND l.pid IS NOT NULL AND l.pid <> pg_backend_pid() AND ${condition} ORDER BY 1 LIMIT 10`;

const tablesOf = (schema: string): string =>
  `l.locktype = 'relation' AND l.relation IN (to_regclass('${nameIn(schema, 'log')}'), to_regclass('${nameIn(schema, 'events')}'))`;

const OPEN_TRANSACTIONS = "l.locktype = 'virtualxid' AND a.datname = current_database() AND a.usesysid IS NOT NULL";

const tableLocks = (schema: string): string =>
  tablesOf(schema) + " AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')";

const rowLocks = (schema: string): string =>
  `l.locktype = 'relation' AND l.relation = to_regclass('${nameIn(schema, 'log')}') AND l.mode = 'RowShareLock'
  AND NOT EXISTS (SELECT FROM pg_locks AS w WHERE w.pid = l.pid AND NOT w.granted)`;

const counterLock = (schema: string): string => `l.locktype = 'transactionid' AND l.transactionid = (SELECT xmax FROM ${nameIn(schema, 'log')})`;
