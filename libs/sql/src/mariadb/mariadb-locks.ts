// Names of locks on a MariaDB server, which all databases of it share.
import { createHash } from 'node:crypto';

/** Fits the length that a server takes. */
export const lockOf = (database: string, name: string): string =>
  `mainstem-${createHash('sha256')
    .update(JSON.stringify([database, name]))
    .digest('hex')
    .slice(0, 40)}`;

/** As the server reports a wait for a row: these locks answer with a number instead. */
export const lockTimeout = (name: string): Error =>
  Object.assign(new Error(`Lock wait timeout exceeded for ${name}`), { errno: 1_205, sqlState: 'HY000' });

/** As the server refuses to make a table. */
export const tableExists = (table: string): Error => Object.assign(new Error(`Table '${table}' already exists`), { errno: 1_050, sqlState: '42S01' });
