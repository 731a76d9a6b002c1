// What goes wrong in SQLite, in the words of the read store.
import { primaryCodeOf, ResultCode, sqliteCodeOf, type StoreFile } from '@mainstem/embedded/sqlite';
import { isMainstemError, MainstemError } from '@mainstem/event-store';
import { ReadStoreUnavailable, StatementRefused } from '@mainstem/projection/adapter';
import { QueryFailedError } from 'typeorm';
import { readModelMissing } from '../server/database-failure.js';
import { InvalidReadStoreFile, ReadModelNameTaken, ReadStoreReadOnly } from '../errors.js';
import type { StatementOrigin } from '../server/failure-origin.js';

const { ERROR, BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, TOOBIG, CONSTRAINT, MISMATCH, NOTADB } = ResultCode;

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

/** As those know it who look after any SQLite file. */
export const storeFile = ({ store, file }: SqliteFile): StoreFile => ({ owner: { codePrefix: 'READ_STORE', name: store }, path: file });

/** Translates an error of SQLite. Ours pass unchanged, as do errors that a statement of the application causes. */
export const translateSqliteError = (error: unknown, { store, file }: SqliteFile, origin: StatementOrigin = 'engine'): unknown => {
  if (isMainstemError(error, 'READ_STORE_BUSY', 'READ_STORE_FILE_REPLACED')) return new ReadStoreUnavailable(store, error.message, error);
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
      if (problem.startsWith('no such table') && origin !== 'handler') return readModelMissing(store, problem, error);
      if (origin !== 'engine') return error;
      if (/^(table|view) .* already exists/.test(problem)) return new ReadModelNameTaken('read model', `${problem}.`);
      if (resultCodeOf(error) === ERROR && WRONG_STATEMENT.test(problem)) return new StatementRefused(store, problem, error);
      return new ReadStoreUnavailable(store, problem, error);
  }
};

/** Its transaction has written: the file accepts writes, and a lock (LOCKED, not BUSY) is the connection's own. */
const isOfHandler = (error: unknown): boolean => resultCodeOf(error) === LOCKED || extendedCodeOf(error) === READONLY;

const resultCodeOf = (error: unknown): number | undefined => primaryCodeOf(causeOf(error));

const extendedCodeOf = (error: unknown): number | undefined => sqliteCodeOf(causeOf(error));

const causeOf = (error: unknown): unknown => (error instanceof QueryFailedError ? error.driverError : error);
