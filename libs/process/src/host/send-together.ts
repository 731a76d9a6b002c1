// Sends the commands that follow from several events: those for one aggregate as one append, in their order.
import type { CommandContext } from '@mainstem/aggregate';
import { commandIdFrom } from '@mainstem/aggregate/host';
import type { RecordedEvent } from '@mainstem/event-store';
import type { Send } from '../action/actions.js';
import { contextAfter, ofCommand, type BatchExecutor } from './execution.js';
import type { RecentNames } from './recent-names.js';

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

export interface SendOptions {
  /** Of the reactor. */
  readonly name: string;
  readonly executor: BatchExecutor;
  /** Ids of commands that changed nothing: they are not sent again, and those that change nothing now are added. */
  readonly traceless: RecentNames;
  readonly signal: AbortSignal;
}

/** Resolves when all are done. Errors: the first one; other commands may be done then. */
export const sendTogether = async (answered: readonly Answered[], options: SendOptions): Promise<void> => {
  const results = await Promise.allSettled(parcelsOf(answered, options).map((parcel) => deliver(parcel, options)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};

/** One for each aggregate. */
const parcelsOf = (answered: readonly Answered[], { name, traceless, signal }: SendOptions): readonly Parcel[] => {
  const parcels = new Map<string, Parcel>();
  for (const { event, sends } of answered) {
    for (const { step, aggregate, category, id, command } of sends) {
      const commandId = commandIdFrom(name, event.id, step);
      if (traceless.has(commandId)) continue;
      // No category has a space.
      const target = `${category} ${id}`;
      let parcel = parcels.get(target);
      if (!parcel) parcels.set(target, (parcel = { aggregate, id, commands: [], contexts: [] }));
      parcel.commands.push(command);
      parcel.contexts.push(contextAfter(event, commandId, signal));
    }
  }
  return [...parcels.values()];
};

const deliver = async ({ aggregate, id, commands, contexts }: Parcel, { executor, traceless }: SendOptions): Promise<void> => {
  for (let from = 0; from < commands.length; from += COMMANDS_MAX) {
    const to = from + COMMANDS_MAX;
    const sent = contexts.slice(from, to);
    const results = await ofCommand(executor.executeAll(aggregate as never, id, commands.slice(from, to) as never[], sent));
    sent.forEach(({ commandId }, index) => {
      if (results[index]?.events.length === 0) traceless.add(commandId);
    });
  }
};
