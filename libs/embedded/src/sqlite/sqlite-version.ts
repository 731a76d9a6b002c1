// The oldest SQLite that is safe for a store.
import { SqliteTooOld, type FileOwner } from '../errors.js';

/** Before it, a race between checkpoint and WAL reset could lose a commit (sqlite.org, release notes of 3.51.3). */
export const SQLITE_VERSION_MIN = '3.51.3';

/** Errors: `…_SQLITE_TOO_OLD`. */
export const assertSqliteVersion = (actual: string, owner: FileOwner): void => {
  const numbers = actual.split('.').map(Number);
  for (const [index, minimum] of SQLITE_VERSION_MIN.split('.').map(Number).entries()) {
    const number = numbers[index] ?? 0;
    if (number > minimum) return;
    if (!(number === minimum)) throw new SqliteTooOld(owner, actual, SQLITE_VERSION_MIN);
  }
};
