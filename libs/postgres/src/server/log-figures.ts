// What the server tells about the log, for metrics.
import { nameIn } from './name-in.js';
import type { Sessions } from './sessions.js';

export interface ServerFigures {
  /** Sessions of any process that wait for the row of the log. */
  readonly 'waiting-sessions': number;
  /** The share of the server's queue of notifications that is in use, from 0 to 1; that of all databases. */
  readonly 'notify-queue-ratio': number;
}

/** One statement. Errors: those of a read. */
export const serverFigures = async (sessions: Sessions, signal: AbortSignal | undefined): Promise<ServerFigures> => {
  const { schema } = sessions.options.target;
  // The first one in the line has a lock on the row's place, too, and waits for the transaction that holds it.
  const text = `SELECT pg_notification_queue_usage(), count(*) FROM pg_locks AS l
WHERE l.locktype = 'tuple' AND l.relation = to_regclass('${nameIn(schema, 'log')}')
  AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())`;
  const [row] = await sessions.read('figures', { text, values: [] }, signal);
  return { 'waiting-sessions': Number(row?.[1] ?? 0), 'notify-queue-ratio': Number(row?.[0] ?? 0) };
};
