// Sends the commands that follow from several events: those for one aggregate as one append, in their order.
import type { CommandContext } from '@mainstem/aggregate';
import { commandIdFrom } from '@mainstem/aggregate/host';
import type { RecordedEvent } from '@mainstem/event-store';
import type { Send } from '../action/actions.js';
import { contextAfter, ofCommand, type BatchExecutor } from './execution.js';

/** An event and what follows from it. */
export interface Answered {
  readonly event: RecordedEvent;
  readonly sends: readonly Send[];
}

/** The most commands of one append. */
const COMMANDS_MAX = 500;

interface Parcel {
  readonly aggregate: Send['aggregate'];
  readonly id: string;
  readonly commands: object[];
  readonly contexts: CommandContext[];
}

/** Resolves when all have taken effect. Errors: the first one; other commands may have taken effect then. */
export const sendTogether = async (name: string, executor: BatchExecutor, answered: readonly Answered[], signal: AbortSignal): Promise<void> => {
  const results = await Promise.allSettled(parcelsOf(name, answered, signal).map((parcel) => deliver(executor, parcel)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};

/** One for each aggregate. */
const parcelsOf = (name: string, answered: readonly Answered[], signal: AbortSignal): readonly Parcel[] => {
  const parcels = new Map<string, Parcel>();
  for (const { event, sends } of answered) {
    for (const { step, aggregate, category, id, command } of sends) {
      // No category has a space.
      const target = `${category} ${id}`;
      let parcel = parcels.get(target);
      if (!parcel) parcels.set(target, (parcel = { aggregate, id, commands: [], contexts: [] }));
      parcel.commands.push(command);
      parcel.contexts.push(contextAfter(event, commandIdFrom(name, event.id, step), signal));
    }
  }
  return [...parcels.values()];
};

const deliver = async (executor: BatchExecutor, { aggregate, id, commands, contexts }: Parcel): Promise<void> => {
  for (let from = 0; from < commands.length; from += COMMANDS_MAX) {
    const to = from + COMMANDS_MAX;
    await ofCommand(executor.executeAll(aggregate as never, id, commands.slice(from, to) as never[], contexts.slice(from, to)));
  }
};
