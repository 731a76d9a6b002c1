// Translates errors of SQLite into those of the read store.
import { MainstemError } from '@mainstem/event-store';
import { ReadStoreUnavailable, StatementRefused } from '@mainstem/projection/adapter';
import { QueryFailedError } from 'typeorm';
import { InvalidReadStoreFile, ReadModelNameTaken, ReadStoreReadOnly } from '../errors.js';
import type { StatementOrigin } from '../failure-origin.js';

// Primary result codes, https://sqlite.org/rescode.html
const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const TOOBIG = 18;
const CONSTRAINT = 19;
const MISMATCH = 20;
const NOTADB = 26;

/** True if another connection holds a lock: worth another try. */
export const isBusy = (error: unknown): boolean => {
  const code = resultCodeOf(error);
  return code === BUSY || code === LOCKED;
};

/** True if SQLite refuses the data itself: too large, or against a constraint or trigger that was added by hand. */
export const isDataError = (error: unknown): boolean => {
  const code = resultCodeOf(error);
  return code === TOOBIG || code === CONSTRAINT || code === MISMATCH;
};

/** The general result code, which also means the end of a transaction. */
const WRONG_STATEMENT =
  /^(no such (column|function|collation|module)|near |incomplete input|unrecognized token|table .* has (no column|\d+ columns)|\d+ values for|wrong number of arguments)/;

/** The file and its store. */
export interface SqliteFile {
  readonly store: string;
  readonly file: string;
}

/** Translates an error of SQLite. Ours pass unchanged, and so do faults of a statement from the application. */
export const translateSqliteError = (error: unknown, { store, file }: SqliteFile, origin: StatementOrigin = 'engine'): unknown => {
  if (error instanceof MainstemError) return error;
  const problem = error instanceof QueryFailedError ? error.driverError.message : error instanceof Error ? error.message : String(error);
  if (origin === 'handler' && isOfHandler(error)) return error;
  switch (resultCodeOf(error)) {
    case BUSY:
    case LOCKED:
      return new ReadStoreUnavailable(store, `${file} is locked by another process (${problem}).`, error);
    case READONLY:
      return new ReadStoreReadOnly(store, `${file} cannot be written (${problem}).`, error);
    case FULL:
      return new ReadStoreUnavailable(store, `the disk that holds ${file} is full; make room, nothing was written.`, error);
    case IOERR:
    case CANTOPEN:
      return new ReadStoreUnavailable(store, `${file} cannot be read or written (${problem}); check the disk and the rights on the folder.`, error);
    case CORRUPT:
    case NOTADB:
      return new InvalidReadStoreFile(file, problem, error);
    default:
      if (problem.startsWith('no such table') && origin !== 'handler')
        return new ReadStoreUnavailable(
          store,
          `${problem}: this read model does not exist yet, or is not complete; start its projector, or wait for it.`,
          error,
        );
      if (origin !== 'engine') return error;
      if (/^(table|view) .* already exists/.test(problem)) return new ReadModelNameTaken('read model', `${problem}.`);
      if (resultCodeOf(error) === ERROR && WRONG_STATEMENT.test(problem)) return new StatementRefused(store, problem, error);
      return new ReadStoreUnavailable(store, problem, error);
  }
};

/** Its transaction has written: the file accepts writes, and a lock (LOCKED, not BUSY) is the connection's own. */
const isOfHandler = (error: unknown): boolean => resultCodeOf(error) === LOCKED || extendedCodeOf(error) === READONLY;

const resultCodeOf = (error: unknown): number | undefined => {
  const code = extendedCodeOf(error);
  return code === undefined ? undefined : code & 0xff;
};

const extendedCodeOf = (error: unknown): number | undefined => {
  const cause = error instanceof QueryFailedError ? error.driverError : error;
  return cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode : undefined;
};
