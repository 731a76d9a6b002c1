// The kind of a failure, decided here alone: from the adapter's error and from the code that was running.
import { MainstemError, isMainstemError } from '@mainstem/event-store';
import { dependsOnSize } from '../read-store/errors.js';

/**
 * `trouble`: of a store; wait, report, go on automatically. `event`: one event cannot be applied; stop before it or
 * park it. `mistake`: the program is wrong; stop at once. `batch`: too much at once; take less. `fenced` and `changed`
 * are no failures of the projection: another instance writes the generation, or another definition serves.
 */
export type FailureClass = 'trouble' | 'event' | 'mistake' | 'batch' | 'fenced' | 'changed';

/** The code that was running: the engine's and the store's, or the application's in a transaction of the store. */
export type FailureSite = 'store' | 'handler';

const CLASSES: ReadonlyMap<string, FailureClass> = new Map([
  ['READ_STORE_CHECKPOINT_MOVED', 'fenced'],
  ['PROJECTION_CHANGED', 'changed'],
  ['READ_STORE_INVALID_DOCUMENT', 'event'],
  ['READ_STORE_STATEMENT_REFUSED', 'mistake'],
  ['READ_STORE_UNSUPPORTED_ENTITY', 'mistake'],
  ['READ_STORE_UNKNOWN_COLLECTION', 'mistake'],
  ['READ_STORE_INVALID_OPTIONS', 'mistake'],
  ['REBUILD_NOT_VERIFIED', 'mistake'],
  ['PROJECTION_FOREIGN_EVENT_STORE', 'mistake'],
  ['PROJECTION_CHECKPOINT_AHEAD', 'mistake'],
  ['PROJECTION_EVENT_STORE_RESTORED', 'mistake'],
  ['PROJECTION_TOO_MANY_PARKED', 'mistake'],
  ['PROJECTION_INVALID_DEFINITION', 'mistake'],
]);

const STORE_CODE = /^(READ|EVENT)_STORE_/;

/** A handler's mistake, and every error that no store reports, counts as a failure of the event. */
export const failureClassOf = (error: unknown, site: FailureSite = 'store'): FailureClass => {
  if (dependsOnSize(error)) return 'batch';
  const known = isMainstemError(error) ? CLASSES.get((error as MainstemError).code) : undefined;
  if (site === 'store') return known ?? 'trouble';
  if (known) return known === 'fenced' ? 'fenced' : 'event';
  return isMainstemError(error) && STORE_CODE.test((error as MainstemError).code) ? 'trouble' : 'event';
};
