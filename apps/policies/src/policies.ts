// All policies of the reference application.
import { ledgerAggregates } from '#src/ledger/ledger.aggregates.js';
import { CommandExecutor } from '@mainstem/aggregate';
import type { EventReader, EventStore } from '@mainstem/event-store';
import { hostReactor, type ReactorHostOptions } from '@mainstem/process';
import type { ReadStore } from '@mainstem/projection';
import type { HostedReaction } from '@mainstem/projection/reaction';
import { customersPolicy } from './customers.policy.js';
import { productsPolicy } from './products.policy.js';

/**
 * Each line of a document is a command, and the streams of customers and products are long: what keeps few of them in
 * memory reads the others again and again.
 */
export const POLICIES_CACHE = { commandIdsMax: 1_000_000, bytesMax: 256 * 1_048_576 } as const;

export interface PoliciesOptions extends Pick<ReactorHostOptions, 'executor' | 'store'> {
  readonly reader: Pick<EventReader, 'readStream'>;
}

export const hostedPolicies = ({ executor, store, reader }: PoliciesOptions): readonly HostedReaction[] => [
  hostReactor(customersPolicy(reader), { executor, store }),
  // What one product cannot take must not hold up the others.
  hostReactor(productsPolicy, { executor, store, recovery: { onFailure: 'park' } }),
];

/** The policies for the command line: it tells how far they are, and sends commands only to replay parked events. */
export interface ToldPolicies {
  readonly reactions: readonly HostedReaction[];
  close(): Promise<void>;
}

/** `open` opens the event store to read and append; it is called by the first command. */
export const toldPolicies = (store: ReadStore, open: () => Promise<EventStore>): ToldPolicies => {
  let opened: Promise<EventStore> | undefined;
  let executor: CommandExecutor | undefined;
  const eventStore = (): Promise<EventStore> => (opened ??= open());
  const ready = async (): Promise<CommandExecutor> => (executor ??= new CommandExecutor({ store: await eventStore(), aggregates: ledgerAggregates }));
  const reactions = hostedPolicies({
    executor: {
      execute: async (aggregate, id, command, context) => (await ready()).execute(aggregate, id, command, context),
      executeAll: async (aggregate, id, commands, context) => (await ready()).executeAll(aggregate, id, commands, context),
    },
    store,
    reader: {
      readStream: async function* (stream, options) {
        yield* (await eventStore()).readStream(stream, options);
      },
    },
  });
  const close = async (): Promise<void> => {
    await (await opened)?.close();
  };
  return { reactions, close };
};
