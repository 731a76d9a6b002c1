// Translates errors of PostgreSQL and of the way to it. No message holds the URL or a password.
import { MainstemError } from '@mainstem/event-store';
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { QueryFailedError } from 'typeorm';
import { lockTimedOut, problemOf, readModelMissing, translateFault } from '../server/database-failure.js';
import { ReadModelNameTaken, ReadStorePermissionDenied, ReadStoreReadOnly } from '../errors.js';
import type { StatementOrigin } from '../server/failure-origin.js';
import { refusedByPooler } from './session-settings.js';
import { faultOfSqlState } from './sqlstates.js';

/**
 * Translates an error of the driver or the server for a store of that name. It does not change ours, or errors that are
 * the fault of a statement from the application.
 */
export const translatePostgresError = (error: unknown, store: string, origin: StatementOrigin = 'engine'): unknown => {
  if (error instanceof MainstemError) return error;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const problem = problemOf(cause);
  const code = sqlStateOf(cause);
  switch (code) {
    case '42501':
    case '28000':
      return new ReadStorePermissionDenied(store, problem, cause);
    case '08P01':
      if (problem.includes('startup parameter')) return refusedByPooler(problem);
      break;
    case '25006':
      if (origin !== 'handler') return new ReadStoreReadOnly(store, `${problem}.`, cause);
      break;
    case '42P07':
      return origin === 'engine' ? new ReadModelNameTaken('read model', `${problem}.`) : error;
    case '42P01':
      if (origin === 'handler') return error; // its own read model exists: it names another table
      return readModelMissing(store, problem, cause);
    case '55P03':
      return lockTimedOut(store, problem, cause);
    case '28P01':
      return new ReadStoreUnavailable(store, `${problem}; check user and password in its URL.`, cause);
    case undefined:
      if (problem === NO_CONNECTION_FREE)
        return new ReadStoreUnavailable(store, `${problem}; is the server there, and is pool_size in its URL large enough?`, cause);
      return origin === 'engine' || isOfConnection(cause) ? new ReadStoreUnavailable(store, problem, cause) : error;
  }
  const whose = isOver(cause) ? 'engine' : origin; // whatever was sent
  return translateFault(faultOfSqlState(code, whose), { store, error, cause, problem, origin: whose });
};

/** Errors of the driver's pool: no server answers, or all connections are in use. */
const NO_CONNECTION_FREE = 'timeout exceeded when trying to connect';

/** True if the server refuses the data itself: out of range, too large for an index, or against an added constraint. */
export const isDataError = (error: unknown): boolean => {
  const state = sqlStateOf(error);
  return state !== undefined && faultOfSqlState(state, 'engine') === 'data';
};

/** True if the server got more than one statement; the routine's name is the same in every language. */
export const isSeveralStatements = (error: unknown): boolean =>
  sqlStateOf(error) === '42601' && error instanceof Error && 'routine' in error && error.routine === 'exec_parse_message';

/** True if another transaction was in the way, for a translated error. */
export const isLockTimeout = (error: unknown): boolean => error instanceof ReadStoreUnavailable && sqlStateOf(error.cause) === '55P03';

/** True if the server, or a pooler before it, ends the connection; the word is the same in most languages. */
const isOver = (error: unknown): boolean => error instanceof Error && 'severity' in error && /^(?:FATAL|PANIC)$/.test(String(error.severity));

/** Errors without a SQLSTATE come from the connection: refused, reset, ended, timed out. */
const isOfConnection = (error: unknown): boolean => {
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
