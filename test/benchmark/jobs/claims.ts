// Commands that take a value which has to be unique, and the same commands where nothing has to be.
import { CommandExecutor, defineAggregate, type UniqueRule } from '@mainstem/aggregate';
import { EmbeddedEventStore } from '@mainstem/embedded';
import { defineEvents } from '@mainstem/event-store';
import { IsString } from 'class-validator';
import { expectSame, measured, type Job } from '../job.js';

const COMMANDS = 20_000;
const CLIENTS = 64;

class NamedData {
  @IsString() name!: string;
}
interface Named {
  readonly type: 'Named';
  readonly data: NamedData;
}

const accountWith = (unique: readonly UniqueRule<Named>[]) =>
  defineAggregate({
    category: 'account',
    events: defineEvents('account', { Named: NamedData }),
    initialState: { name: '' },
    unique,
    evolve: (_: { readonly name: string }, { data }) => ({ name: data.name }),
    decide: ({ name }: { readonly name: string }) => [{ type: 'Named' as const, data: { name } }],
  });

/** Each command is the first one of its account. With claims there are two events for each. */
const naming =
  (unique: readonly UniqueRule<Named>[]): Job =>
  async ({ dir }) => {
    const account = accountWith(unique);
    const store = await EmbeddedEventStore.open({ dir });
    try {
      const executor = new CommandExecutor({ store, aggregates: [account] });
      let next = 0;
      const client = async (): Promise<void> => {
        for (let index = next++; index < COMMANDS; index = next++) await executor.execute(account, String(index), { name: `name ${index}` });
      };
      const sample = await measured(async () => {
        await Promise.all(Array.from({ length: CLIENTS }, client));
        return COMMANDS;
      });
      expectSame('events of all commands', Number(await store.head()), COMMANDS * (unique.length + 1));
      return sample;
    } finally {
      await store.close();
    }
  };

export const namesClaimed = naming([{ name: 'name', of: ({ data }) => data.name }]);
export const namesNotClaimed = naming([]);
