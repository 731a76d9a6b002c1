// Errors of MariaDB and of the way to it, in the read store's words. No message holds the URL or a password.
import { MainstemError } from '@mainstem/event-store';
import { ReadStoreUnavailable } from '@mainstem/projection/adapter';
import { QueryFailedError } from 'typeorm';
import { lockTimedOut, problemOf, readModelMissing, translateFault, type DatabaseFailure } from '../server/database-failure.js';
import { ReadModelNameTaken, ReadStorePermissionDenied, ReadStoreReadOnly, ServerCertificateRefused } from '../errors.js';
import type { StatementOrigin } from '../server/failure-origin.js';
import { faultOfError } from './error-numbers.js';

const PASSWORD = 1045;
const TABLE_EXISTS = 1050;
const NO_TABLE = 1146;
const LOCK_TIMEOUT = 1205;
const DEADLOCK = 1213;
const NO_RIGHT: readonly (number | undefined)[] = [1044, 1142, 1143, 1227, 1370];
const RIGHTS = 'Its user needs all rights on its database (GRANT ALL ON name.* TO user), or SELECT alone to answer queries.';
const READ_ONLY: readonly (number | undefined)[] = [1036, 1290, 1792, 1836, 1874, 1881];

/**
 * Translates an error of the driver or the server. Ours pass unchanged, as do errors that a statement of the
 * application causes.
 */
export const translateMariadbError = (error: unknown, store: string, origin: StatementOrigin = 'engine'): unknown => {
  if (error instanceof MainstemError) return error;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const problem = problemOf(cause);
  const number = numberOf(cause);
  const failure = { store, error, cause, problem, origin };
  if (number === undefined) return withoutNumber(failure);
  if (NO_RIGHT.includes(number)) return new ReadStorePermissionDenied(store, problem, cause, RIGHTS);
  if (READ_ONLY.includes(number) && origin !== 'handler' && !(origin === 'query' && number === OWN_READ_ONLY))
    return new ReadStoreReadOnly(store, `${problem}.`, cause);
  if (number === TABLE_EXISTS && origin === 'engine') return new ReadModelNameTaken('read model', `${problem}.`);
  if (number === PASSWORD)
    return new ReadStoreUnavailable(store, `${problem}; check user and password in its URL, and whether that user must use TLS (tls=true).`, cause);
  if (number === NO_TABLE && origin !== 'handler') return readModelMissing(store, problem, cause);
  if (number === LOCK_TIMEOUT) return lockTimedOut(store, problem, cause);
  return translateFault(faultOfError(number, sqlStateOf(cause), origin), failure);
};

const withoutNumber = ({ store, error, cause, problem, origin }: DatabaseFailure): unknown => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT')
    return new ReadStoreUnavailable(store, 'the server offers no TLS; give it a certificate, or leave tls=true out of its URL.', cause);
  if (code === 'HANDSHAKE_SSL_ERROR' && /certificate/i.test(problem)) return new ServerCertificateRefused(store, problem, cause);
  return origin === 'engine' || isOfConnection(cause) ? new ReadStoreUnavailable(store, problem, cause) : error;
};

/** A query that writes: its transaction takes no writes, whatever the server does. */
const OWN_READ_ONLY = 1792;

/** Whether the server refuses the data itself: out of range, too long, a constraint added by hand. */
export const isDataError = (error: unknown): boolean => {
  const number = numberOf(error);
  return number !== undefined && faultOfError(number, sqlStateOf(error), 'engine') === 'data';
};

/** Whether another transaction was in the way, of an error that is translated. */
export const isLockTimeout = (error: unknown): boolean => error instanceof ReadStoreUnavailable && numberOf(error.cause) === LOCK_TIMEOUT;

/**
 * Whether the server has undone, or may have undone, the whole transaction: the next statement would commit by itself.
 */
export const endsTransaction = (error: unknown): boolean => {
  const number = numberOf(error);
  return number === undefined ? isOfConnection(error) : number === DEADLOCK || number === LOCK_TIMEOUT;
};

/** The driver's own timeout leaves the statement running: nothing else can use that connection. */
export const isUnanswered = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'PROTOCOL_SEQUENCE_TIMEOUT';

/** Errors of the connection have no number of the server: refused, reset, ended, timed out. */
const isOfConnection = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error.name === 'QueryRunnerAlreadyReleasedError' || 'syscall' in error || 'fatal' in error) return true;
  return ('code' in error && /^(?:PROTOCOL_|E[A-Z]+$|HANDSHAKE_)/.test(String(error.code))) || /closed|timeout/i.test(error.message);
};

/** Of the server's errors; the driver gives its own negative ones, and those of sockets no SQLSTATE. */
const numberOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number' && 'sqlState' in error && error.errno > 0 ? error.errno : undefined;

const sqlStateOf = (error: unknown): string => (error instanceof Error && 'sqlState' in error ? String(error.sqlState) : '');
