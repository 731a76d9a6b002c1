// Brings the events that a process manager listens to into its instances.
import { commandIdFrom } from '@mainstem/aggregate/host';
import { streamOf } from '@mainstem/event-store';
import { reaction, type Reaction } from '@mainstem/projection/reaction';
import type { ProcessManager } from '../manager/process-manager.js';
import { storedSource } from '../manager/source-event.js';
import { contextAfter, isTrouble, ofCommand, type Executor } from './execution.js';

/** An event is known again by its id: an instance takes it in once. */
export const inboxOf = ({ name, registries, types, key, startsAt, aggregate }: ProcessManager, executor: Executor): Reaction =>
  reaction({
    name,
    events: registries,
    types: types as never,
    startsAt,
    key: (event) => {
      const of = key(event);
      // A key that is none is the event's own failure, not one of its stream.
      if (of !== null) streamOf(name, of);
      return of;
    },
    isTrouble,
    react: async (event, { signal }) => {
      const of = key(event);
      if (of === null) return;
      const context = contextAfter(event, commandIdFrom('in', event.id), signal);
      await ofCommand(executor.execute(aggregate, of, { kind: 'take-in', source: storedSource(event, registries) }, context));
    },
  });
