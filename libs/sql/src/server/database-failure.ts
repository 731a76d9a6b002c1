// Errors of a database in the words of the read store, as each dialect tells them.
import { ReadStoreOverburdened, ReadStoreUnavailable, StatementRefused } from '@mainstem/projection/adapter';
import type { DatabaseFault, StatementOrigin } from './failure-origin.js';

/** An error of a statement. */
export interface DatabaseFailure {
  /** Name of the store. */
  readonly store: string;
  /** As it came, perhaps in an error of TypeORM. */
  readonly error: unknown;
  /** Of the driver. */
  readonly cause: unknown;
  /** Its text in one line. */
  readonly problem: string;
  readonly origin: StatementOrigin;
}

/** The error for a fault. A query or a handler gets the error that its own statement has caused, as it came. */
export const translateFault = (fault: DatabaseFault, { store, error, cause, problem, origin }: DatabaseFailure): unknown => {
  switch (fault) {
    case 'trouble':
      return new ReadStoreUnavailable(store, problem, cause);
    case 'size':
      return new ReadStoreOverburdened(store, problem, cause);
    case 'data':
      return origin === 'engine' ? new ReadStoreUnavailable(store, problem, cause) : error;
    case 'statement':
      return origin === 'engine' ? new StatementRefused(store, problem, cause) : error;
  }
};

/** A statement names a table or view that is not there. */
export const readModelMissing = (store: string, problem: string, cause: unknown): ReadStoreUnavailable =>
  new ReadStoreUnavailable(store, `${problem}: this read model does not exist yet, or is not complete; start its projector, or wait for it.`, cause);

/** Another transaction held a lock for too long. */
export const lockTimedOut = (store: string, problem: string, cause: unknown): ReadStoreUnavailable =>
  new ReadStoreUnavailable(store, `waited too long for a lock (${problem}).`, cause);

/** The text of the server or the driver in one line; for a name with several addresses it is inside the error. */
export const problemOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(problemOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
};
