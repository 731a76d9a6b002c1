// What runs a process manager: two reactions, a read model and a clock.
import type { Runtime } from '@mainstem/event-store';
import type { ReadStore, RecoveryPolicy } from '@mainstem/projection';
import type { Hosted } from '@mainstem/projection/reaction';
import type { ProcessManager } from '../manager/process-manager.js';
import { DeadlineClock } from './deadline-clock.js';
import { deadlinesOf, type Deadline } from './deadlines.js';
import type { Executor } from './execution.js';
import { inboxOf } from './inbox.js';
import { outboxOf } from './outbox.js';

export interface ProcessHostOptions {
  readonly executor: Executor;
  /** Keeps checkpoints, parked events and the pending deadlines; any read store. */
  readonly store: ReadStore;
  readonly runtime?: Runtime;
  /** What happens to an event whose command cannot be executed. Default that of projections: stop. */
  readonly recovery?: Partial<RecoveryPolicy>;
  /** Class of the pending deadlines: for a read store in SQL an entity with the columns of `Deadline`. */
  readonly deadline?: new () => Deadline;
}

/**
 * For a `Projector`: `<name>` takes events in, `<name>-outbox` sends the requests, `<name>-deadlines` keeps pending
 * deadlines. The clock runs beside it.
 */
export const hostProcess = (manager: ProcessManager, options: ProcessHostOptions): readonly Hosted[] => {
  const { executor, store, runtime, recovery, deadline } = options;
  const shared = { store, ...(recovery && { recovery }) };
  const companion = new DeadlineClock({ manager, executor, store, ...(runtime && { runtime }) });
  return [
    { ...shared, projection: inboxOf(manager, executor) },
    { ...shared, projection: outboxOf(manager, executor) },
    { ...shared, projection: deadlinesOf(manager, deadline), companion },
  ];
};
