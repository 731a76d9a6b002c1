// What each error of a MariaDB server is: https://mariadb.com/kb/en/mariadb-error-codes/
import type { DatabaseFault, StatementOrigin } from '../server/failure-origin.js';

/** By the class of the SQLSTATE, where the number says nothing else. */
const CLASSES: Readonly<Record<string, DatabaseFault>> = {
  '08': 'trouble', // connection
  '21': 'data', // more rows or columns than there may be
  '22': 'data', // a value out of range, or of the wrong form
  '23': 'data', // a constraint
  '25': 'statement', // a statement that the state of the transaction does not allow
  '28': 'trouble', // user and password
  '40': 'trouble', // deadlock
  '42': 'statement', // syntax, unknown column or function
  '44': 'data', // a view's check option
  '45': 'data', // raised by a trigger
  '70': 'size', // an operator has ended the statement
};

const NUMBERS: Readonly<Record<number, DatabaseFault>> = {
  1021: 'trouble', // its disk is full
  1030: 'trouble', // its storage engine
  1037: 'size', // memory
  1038: 'size', // memory for a sort
  1041: 'size', // memory
  1044: 'trouble', // a right can be granted meanwhile
  1036: 'trouble', // a table that is read only
  1045: 'trouble', // the password as well
  1049: 'trouble', // the database is not there
  1050: 'trouble', // a name that another instance has just taken
  1114: 'trouble', // a table is full: its disk
  1118: 'data', // a row too large for its page
  1136: 'statement', // another number of columns than of values
  1142: 'trouble',
  1143: 'trouble',
  1146: 'trouble', // of ours: a table that is not there yet, or is being restored
  1153: 'size', // larger than max_allowed_packet
  1194: 'trouble', // a damaged table
  1195: 'trouble',
  1197: 'size', // larger than the cache of the binary log
  1203: 'trouble', // more connections than the user may have
  1205: 'trouble', // a lock that others hold
  1206: 'size', // more locks than there is room for
  1213: 'trouble', // deadlock
  1222: 'statement', // another number of columns in a union
  1226: 'trouble', // a limit of the user
  1227: 'trouble', // a right
  1290: 'trouble', // read only
  1317: 'size', // an operator has ended the statement
  1356: 'trouble', // a view whose table is gone, or whose maker has lost rights
  1366: 'data', // a value of the wrong form
  1370: 'trouble', // a right
  1390: 'size', // too many placeholders
  1406: 'data', // a value too long
  1412: 'trouble', // the table was changed since the snapshot was taken
  1436: 'size', // its stack
  1449: 'trouble', // the maker of a view is gone
  1534: 'trouble', // its binary log
  1615: 'trouble', // the table was changed since the statement was prepared
  1637: 'trouble', // too many transactions at a time
  1792: 'trouble', // read only
  1836: 'trouble', // read only
  1874: 'trouble', // read only
  1881: 'trouble', // being recovered
  1927: 'trouble', // an operator has ended the connection
  1932: 'trouble', // the table's file is gone
  1969: 'size', // a statement takes longer than it may
  4025: 'data', // a check that was added by hand
};

/** What they are of a statement of the application: it names what it should not, or makes what is there. */
const FOREIGN: Readonly<Record<number, DatabaseFault>> = {
  1049: 'statement',
  1050: 'statement',
  1146: 'statement',
  1290: 'statement',
  1792: 'statement',
};

export const faultOfError = (number: number, sqlState: string, origin: StatementOrigin): DatabaseFault => {
  const foreign = origin === 'engine' ? undefined : FOREIGN[number];
  return foreign ?? NUMBERS[number] ?? CLASSES[sqlState.slice(0, 2)] ?? (origin === 'engine' ? 'trouble' : 'statement');
};
