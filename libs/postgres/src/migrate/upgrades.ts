// What changes from one version of the schema to the next. Processes of the older program append meanwhile.
import { appendFunction } from '../server/append-function.js';
import { nameIn } from '../server/name-in.js';
import { jsonbFunction } from '../server/schema.js';

/** Together as long as a wait for a lock takes. */
const LOOKS = 100;
const LOOK_SECONDS = 0.005;

/**
 * Waits for the end of each transaction of the database that is open, and fails as a wait for a lock does. Roles of any
 * right see them. What waits for this transaction has not begun: another upgrade.
 */
const olderTransactionsEnd = `DO $wait$
DECLARE
  older text[] := ARRAY(
    SELECT l.virtualtransaction FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
    WHERE l.locktype = 'virtualxid' AND l.pid <> pg_catalog.pg_backend_pid()
      AND a.datname = pg_catalog.current_database() AND a.usesysid IS NOT NULL
      AND NOT pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(l.pid))
  );
BEGIN
  FOR look IN 1..${LOOKS} LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE l.locktype = 'virtualxid' AND l.virtualtransaction = ANY (older)) THEN
      RETURN;
    END IF;
    PERFORM pg_catalog.pg_sleep(${LOOK_SECONDS});
  END LOOP;
  RAISE EXCEPTION 'transactions of before the upgrade are still open' USING ERRCODE = 'lock_not_available';
END
$wait$`;

export interface Upgrade {
  /** The version after its last step. */
  readonly to: number;
  /**
   * Transactions, in order. Each may run again after an interruption, and each leaves a schema that the program of the
   * version before can work with.
   */
  readonly steps: (schema: string) => readonly (readonly string[])[];
}

/** In order; the first one leads from version 1, which has no number in its tables. */
export const upgrades: readonly Upgrade[] = [
  {
    // Appends lock the row of the log without changing it.
    to: 2,
    steps: (schema) => [
      // From here on, calls know the version, and still write the position for those that began before.
      [`ALTER TABLE ${nameIn(schema, 'log')} ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1`, appendFunction(schema)],
      // Calls of the older function that held the log, or waited for it, have ended when this lock is there. Those that
      // had begun and did not come so far belong to transactions that are open now.
      [
        olderTransactionsEnd,
        `LOCK TABLE ${nameIn(schema, 'log')} IN ACCESS EXCLUSIVE MODE`,
        `UPDATE ${nameIn(schema, 'log')} SET version = 2 WHERE version < 2`,
      ],
    ],
  },
  {
    // The view also works on servers that have `json` as a word of their language. A script in which the step before
    // has met a lock goes on with this one: the version then stays, and the script can run again.
    to: 3,
    steps: (schema) => [[jsonbFunction(schema), `UPDATE ${nameIn(schema, 'log')} SET version = 3 WHERE version = 2`]],
  },
];
