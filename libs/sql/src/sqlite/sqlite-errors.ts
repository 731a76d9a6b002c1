// What goes wrong in SQLite, in the words of the read store.
import { MainstemError } from '@mainstem/event-store';
import { ReadStoreUnavailable } from '@mainstem/projection';
import { QueryFailedError } from 'typeorm';
import { InvalidReadStoreFile, ReadModelNameTaken, ReadStoreReadOnly } from '../errors.js';

const STORE = 'sql';

// Primary result codes, https://sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Whether another connection holds a lock: worth another try. */
export const isBusy = (error: unknown): boolean => {
  const code = resultCodeOf(error);
  return code === BUSY || code === LOCKED;
};

/**
 * Translates an error of SQLite; ours pass as they are. `foreign` says that the statement came from the application: what is its own fault
 * passes too.
 */
export const translateSqliteError = (error: unknown, file: string, foreign = false): unknown => {
  if (error instanceof MainstemError) return error;
  const problem = error instanceof QueryFailedError ? error.driverError.message : error instanceof Error ? error.message : String(error);
  switch (resultCodeOf(error)) {
    case BUSY:
    case LOCKED:
      return new ReadStoreUnavailable(STORE, `${file} is locked by another process (${problem}).`, error);
    case READONLY:
      return new ReadStoreReadOnly(STORE, `${file} cannot be written (${problem}).`, error);
    case FULL:
      return new ReadStoreUnavailable(STORE, `the disk that holds ${file} is full; make room, nothing was written.`, error);
    case IOERR:
    case CANTOPEN:
      return new ReadStoreUnavailable(STORE, `${file} cannot be read or written (${problem}); check the disk and the rights on the folder.`, error);
    case CORRUPT:
    case NOTADB:
      return new InvalidReadStoreFile(file, problem, error);
    default:
      if (problem.startsWith('no such table'))
        return new ReadStoreUnavailable(
          STORE,
          `${problem}: this read model does not exist yet, or is not complete; start its projector, or wait for it.`,
          error,
        );
      if (!foreign && /^(table|view) .* already exists/.test(problem)) return new ReadModelNameTaken('read model', `${problem}.`);
      return foreign ? error : new ReadStoreUnavailable(STORE, problem, error);
  }
};

const resultCodeOf = (error: unknown): number | undefined => {
  const cause = error instanceof QueryFailedError ? error.driverError : error;
  return cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode & 0xff : undefined;
};
