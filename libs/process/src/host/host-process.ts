// What runs a process manager: reactions, read models, a clock and a watch; for effects what performs them.
import type { EventReader, Runtime } from '@mainstem/event-store';
import type { ReadStore, RecoveryPolicy } from '@mainstem/projection';
import type { Hosted, Reaction } from '@mainstem/projection/reaction';
import { assertHost } from '../definition/assert-rules.js';
import { InvalidProcess } from '../errors.js';
import type { ProcessManager } from '../manager/process-manager.js';
import { DeadlineClock } from './deadline-clock.js';
import { deadlinesOf, type Deadline } from './deadlines.js';
import { EffectRunner } from './effect-runner.js';
import type { Executor } from './execution.js';
import { inboxOf } from './inbox.js';
import { InstanceWatch } from './instance-watch.js';
import { instancesOf, type Instance } from './instances.js';
import { lateEffectsOf } from './late-effects.js';
import { outboxOf } from './outbox.js';
import { pendingEffectsOf, type PendingEffect } from './pending-effects.js';
import type { Performer } from './performer.js';

/** What performs the effects of a process manager or a reactor. */
export interface EffectsHostOptions {
  /** The event store, where the requests are read. */
  readonly reader: Pick<EventReader, 'readStream'>;
  /** One for each effect that `performs` names. */
  readonly performers: readonly Performer[];
  /** Class of the pending effects: for a read store in SQL an entity with the columns of `PendingEffect`. */
  readonly document?: new () => PendingEffect;
}
import { ToldEffects } from './told-effects.js';

export interface ProcessHostOptions {
  readonly executor: Executor;
  /** Keeps checkpoints, parked events, the pending deadlines and the states of instances; any read store. */
  readonly store: ReadStore;
  readonly runtime?: Runtime;
  /** What happens to an event whose command cannot be executed. Default that of projections: stop. */
  readonly recovery?: Partial<RecoveryPolicy>;
  /** Class of the pending deadlines: for a read store in SQL an entity with the columns of `Deadline`. */
  readonly deadline?: new () => Deadline;
  /** Class of the states of instances, likewise: with the columns of `Instance`. */
  readonly instance?: new () => Instance;
  /** Needed if the process performs any. */
  readonly effects?: EffectsHostOptions;
}

/**
 * For a `Projector`: `<name>` takes events in, `<name>-outbox` sends the requests, `<name>-deadlines` keeps pending
 * deadlines, `<name>-instances` the states of instances, and `<name>-late` finds effects whose sender has ended. The
 * clock and the watch run beside them; the status shows how many deadlines are `overdue`, and how many instances are
 * `stuck`. If it performs effects, `<name>-effects` keeps the pending ones, and they are performed beside it. Errors:
 * PROCESS_INVALID_DEFINITION, also if an effect has no performer.
 */
export const hostProcess = (manager: ProcessManager, options: ProcessHostOptions): readonly Hosted[] => {
  const { name, aggregate } = manager as Partial<ProcessManager>;
  if (!aggregate) throw new InvalidProcess(String(name), 'is no process manager; hostReactor hosts reactors');
  assertHost(manager.name, options);
  const { executor, store, runtime, recovery, deadline, instance } = options;
  const shared = { store, ...(recovery && { recovery }) };
  const clock = new DeadlineClock({ manager, executor, store, ...(runtime && { runtime }) });
  const watch = new InstanceWatch({ process: manager.name, store, ...(runtime && { runtime }) });
  const [inbox, outbox, ...late] = reactionsOf(manager, executor);
  return [
    { ...shared, projection: inbox },
    { ...shared, projection: outbox },
    { ...shared, projection: deadlinesOf(manager, deadline), companion: clock },
    { ...shared, projection: instancesOf(manager, instance), companion: watch },
    ...late.map((projection) => ({ ...shared, projection })),
    ...hostEffects(manager, options),
  ];
};

/** Nothing for a process without effects. Errors: PROCESS_INVALID_DEFINITION. */
export const hostEffects = (
  manager: ProcessManager,
  { executor, store, runtime, recovery, effects }: Omit<ProcessHostOptions, 'deadline' | 'instance'>,
): readonly Hosted[] => {
  const { name, performs } = manager;
  if (performs.length === 0) return [];
  const performers = performs.map((effect) => {
    const [found, another] = effects?.performers.filter((one) => one.effect === effect) ?? [];
    if (!found || another) throw new InvalidProcess(name, `give effects.performers exactly one performer of ${effect.name}`);
    return found;
  });
  const { reader, document } = effects as EffectsHostOptions;
  const companion = new EffectRunner({ manager, executor, reader, store, performers, ...(runtime && { runtime }) });
  return [{ store, ...(recovery && { recovery }), projection: pendingEffectsOf(manager, document), companion }];
};

/** The inbox, the outbox, and what finds late effects where the process sends commands. */
export const reactionsOf = (manager: ProcessManager, executor: Executor): readonly [inbox: Reaction, outbox: Reaction, ...late: Reaction[]] => {
  const told = new ToldEffects();
  return [inboxOf(manager, executor), outboxOf(manager, executor, told), ...lateEffectsOf(manager, executor, told)];
};
