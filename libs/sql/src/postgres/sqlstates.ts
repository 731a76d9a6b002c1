// The meaning of each PostgreSQL error: https://www.postgresql.org/docs/current/errcodes-appendix.html
import type { DatabaseFault, StatementOrigin } from '../server/failure-origin.js';

/**
 * By SQLSTATE, or by its first two characters; the longer one wins. An unlisted error is trouble for our statements,
 * and the fault of others.
 */
export const SQLSTATES: Readonly<Record<string, DatabaseFault>> = {
  '08': 'trouble', // connection
  '0A': 'statement', // not supported
  '21': 'data', // two rows instead of one
  '22': 'data', // a value out of range, or of the wrong form
  '23': 'data', // a constraint that was added by hand
  '25': 'statement', // a statement that the state of the transaction forbids, such as one after a failure
  '25006': 'trouble', // read only: a replica
  '25P03': 'size', // idle in the transaction for too long: the handler's work between two statements
  '25P04': 'size', // the transaction takes too long
  '26': 'statement',
  '28': 'trouble', // user and password
  '2F': 'statement',
  '34': 'statement',
  '38': 'data', // a function or a trigger
  '39': 'data',
  '3B': 'statement',
  '3D': 'trouble', // the database is not there
  '3F': 'trouble', // the schema is missing: it is being restored
  '40': 'trouble', // deadlock, serialisation
  '42': 'statement', // syntax, unknown column or function, wrong type
  '42501': 'trouble', // a right can be granted meanwhile
  '42P01': 'trouble', // of ours: a table that is missing, or is being restored
  '42P06': 'trouble', // three names that another instance has just used
  '42P07': 'trouble',
  '42710': 'trouble',
  '44': 'data', // a view's check option
  '53': 'trouble', // resources
  '53200': 'size', // memory
  '54': 'data', // a limit of the program: an index entry, a row
  '54001': 'size', // a statement too complex
  '54023': 'size', // too many arguments
  '55': 'trouble', // a wrong state: an operator is changing it
  '55006': 'trouble', // in use by others
  '55P03': 'trouble', // a lock of others
  '57': 'trouble', // shutdown, restart
  '57014': 'size', // a statement takes too long, or was cancelled
  '58': 'trouble', // its disk
  '72': 'trouble', // a snapshot that is too old
  P0: 'data', // raised by a trigger
  XX: 'trouble', // internal
};

/** For an application's statement on a working connection: it names a wrong object, or makes an existing one. */
const FOREIGN: Readonly<Record<string, DatabaseFault>> = {
  '08P01': 'statement', // a wrong number of values
  '3F': 'statement',
  '42P06': 'statement',
  '42P07': 'statement',
  '42710': 'statement',
  '55': 'statement', // a sequence at its end or not begun, a view without rows
  '58P01': 'statement', // its own file
  '58P02': 'statement',
};

/** Only for a handler, whose transaction has written before: it has itself made that read only. */
const OF_HANDLERS: Readonly<Record<string, DatabaseFault>> = { '25006': 'statement' };

export const faultOfSqlState = (state: string, origin: StatementOrigin): DatabaseFault => {
  const group = state.slice(0, 2);
  if (origin === 'engine') return SQLSTATES[state] ?? SQLSTATES[group] ?? 'trouble';
  const ofHandler = origin === 'handler' ? OF_HANDLERS[state] : undefined;
  return ofHandler ?? FOREIGN[state] ?? SQLSTATES[state] ?? FOREIGN[group] ?? SQLSTATES[group] ?? 'statement';
};
