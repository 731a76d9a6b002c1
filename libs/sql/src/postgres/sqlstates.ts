// What each error of a PostgreSQL server is: https://www.postgresql.org/docs/current/errcodes-appendix.html
import type { DatabaseFault, StatementOrigin } from '../failure-origin.js';

/** By SQLSTATE, or by its class, the first two characters; the longer one counts. Whatever is not here is trouble of our statements, and the own fault of others. */
export const SQLSTATES: Readonly<Record<string, DatabaseFault>> = {
  '08': 'trouble', // connection
  '0A': 'statement', // not supported
  '21': 'data', // two rows where one may be
  '22': 'data', // a value out of range, or of the wrong form
  '23': 'data', // a constraint that was added by hand
  '25': 'statement', // a statement that the state of the transaction does not allow, such as one after a failure
  '25006': 'trouble', // read only: a replica
  '25P03': 'size', // idle in the transaction for too long: what the handler does between two statements
  '25P04': 'size', // the transaction takes too long
  '26': 'statement',
  '28': 'trouble', // user and password
  '2F': 'statement',
  '34': 'statement',
  '38': 'data', // a function or a trigger
  '39': 'data',
  '3B': 'statement',
  '3D': 'trouble', // the database is not there
  '3F': 'trouble', // the schema is not there: somebody restores it
  '40': 'trouble', // deadlock, serialisation
  '42': 'statement', // syntax, unknown column or function, wrong type
  '42501': 'trouble', // a right can be granted meanwhile
  '42P01': 'trouble', // of ours: a table that is not there yet, or is being restored
  '42P06': 'trouble', // three names that another instance has just taken
  '42P07': 'trouble',
  '42710': 'trouble',
  '44': 'data', // a view's check option
  '53': 'trouble', // resources
  '53200': 'size', // memory
  '54': 'data', // a limit of the program: an index entry, a row
  '54001': 'size', // a statement too complex
  '54023': 'size', // too many arguments
  '55': 'trouble', // something is not as it has to be: somebody changes it
  '55006': 'trouble', // others use it
  '55P03': 'trouble', // a lock that others hold
  '57': 'trouble', // shutdown, restart
  '57014': 'size', // a statement takes longer than it may, or somebody has cancelled it
  '58': 'trouble', // its disk
  '72': 'trouble', // a snapshot that is too old
  P0: 'data', // raised by a trigger
  XX: 'trouble', // internal
};

/** What they are of a statement of the application, on a connection that is still there: it names what it should not, or makes what is there. */
const FOREIGN: Readonly<Record<string, DatabaseFault>> = {
  '08P01': 'statement', // another number of values than it wants
  '3F': 'statement',
  '42P06': 'statement',
  '42P07': 'statement',
  '42710': 'statement',
  '55': 'statement', // a sequence at its end or not begun, a view without rows
  '58P01': 'statement', // a file of its own
  '58P02': 'statement',
};

/** Of a handler alone, whose transaction has written before: it has made that read only by itself. */
const OF_HANDLERS: Readonly<Record<string, DatabaseFault>> = { '25006': 'statement' };

export const faultOfSqlState = (state: string, origin: StatementOrigin): DatabaseFault => {
  const group = state.slice(0, 2);
  if (origin === 'engine') return SQLSTATES[state] ?? SQLSTATES[group] ?? 'trouble';
  const ofHandler = origin === 'handler' ? OF_HANDLERS[state] : undefined;
  return ofHandler ?? FOREIGN[state] ?? SQLSTATES[state] ?? FOREIGN[group] ?? SQLSTATES[group] ?? 'statement';
};
