// What goes wrong in PostgreSQL and on the way to it, in the words of the read store. No message holds the URL or a password.
import { MainstemError } from '@mainstem/event-store';
import { ReadStoreUnavailable } from '@mainstem/projection';
import { QueryFailedError } from 'typeorm';
import { ReadModelNameTaken, ReadStorePermissionDenied, ReadStoreReadOnly } from '../errors.js';

const STORE = 'sql';

/**
 * Translates an error of the driver or the server; ours pass as they are. `foreign` says that the statement came from the application: what
 * is its own fault passes too. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const translatePostgresError = (error: unknown, foreign = false): unknown => {
  if (error instanceof MainstemError) return error;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const problem = problemOf(cause);
  const code = sqlStateOf(cause);
  switch (code) {
    case '42501':
    case '28000':
      return new ReadStorePermissionDenied(STORE, problem, cause);
    case '25006':
      return new ReadStoreReadOnly(STORE, `${problem}.`, cause);
    case '42P07':
      return foreign ? error : new ReadModelNameTaken('read model', `${problem}.`);
    case '42P01':
      return new ReadStoreUnavailable(
        STORE,
        `${problem}: this read model does not exist yet, or is not complete; start its projector, or wait for it.`,
        cause,
      );
    case '55P03':
      return new ReadStoreUnavailable(STORE, `waited too long for a lock (${problem}).`, cause);
    case '28P01':
      return new ReadStoreUnavailable(STORE, `${problem}; check user and password in its URL.`, cause);
    case undefined:
      if (problem === NO_CONNECTION_FREE)
        return new ReadStoreUnavailable(STORE, `${problem}; is the server there, and is pool_size in its URL large enough?`, cause);
      return foreign && !isOutage(cause, code) ? error : new ReadStoreUnavailable(STORE, problem, cause);
    default:
      return foreign && !isOutage(cause, code) ? error : new ReadStoreUnavailable(STORE, problem, cause);
  }
};

/** Of the driver's pool, whether no server answers or all connections are in use. */
const NO_CONNECTION_FREE = 'timeout exceeded when trying to connect';

/** Whether the server refuses the data itself: out of range, too large for an index, a constraint added by hand. */
export const isDataError = (error: unknown): boolean => /^(22|23|54)/.test(sqlStateOf(error) ?? '');

/** Readers did not give way to a change of views: worth another try from the start. */
export class ViewsInUse extends ReadStoreUnavailable {
  constructor(cause: unknown) {
    super(STORE, 'waited too long for those who read its views.', cause);
  }
}

/** Whether another transaction was in the way, of an error that is translated. */
export const isLockTimeout = (error: unknown): boolean => error instanceof ReadStoreUnavailable && sqlStateOf(error.cause) === '55P03';

/** What the server or the driver says, in one line. A refused connection to a name with several addresses has its message inside. */
export const problemOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(problemOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
};

// Classes: 08 connection, 53 resources, 57 operator intervention (shutdown, timeout), 58 system, 40 rollback (deadlock), 25P03 idle too long, XX internal.
const OUTAGE = /^(08|53|57|58|40|XX|25P0[34])/;

/** Errors without a SQLSTATE come from the connection: refused, reset, ended, timed out. */
const isOutage = (error: unknown, code: string | undefined): boolean => {
  if (code !== undefined) return OUTAGE.test(code);
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'QueryRunnerAlreadyReleasedError' ||
    'syscall' in error ||
    /connection|client was closed|not queryable|timeout/i.test(error.message)
  );
};

const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error
    ? error.code
    : undefined;
