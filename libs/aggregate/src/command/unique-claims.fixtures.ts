// Accounts with a unique name for several specs, and stores that can and cannot append to several streams.
import { defineEvents, InMemoryEventStore, systemRuntime, type EventReader, type Runtime } from '@mainstem/event-store';
import { IsString, ValidateIf } from 'class-validator';
import { defineAggregate } from '../aggregate/aggregate.js';
import type { UniqueRule } from '../aggregate/unique-rule.js';
import { CLAIM_EXPIRY_MS } from '../claims/unique-claims.js';
import { CommandExecutor, type CommandExecutorOptions } from './command-executor.js';

export class NamedData {
  /** Null: it has no name any more. */
  @ValidateIf((named: NamedData) => named.name !== null) @IsString() name!: string | null;
}

export interface SetName {
  readonly name: string | null;
}

interface Named {
  readonly type: 'Named';
  readonly data: NamedData;
}

export const namedIn = (category: string, rule: Partial<UniqueRule<Named>> = {}) =>
  defineAggregate({
    category,
    events: defineEvents(category, { Named: NamedData }),
    initialState: { name: null as string | null },
    unique: [{ name: 'name', of: ({ data }) => data.name, ...rule }],
    evolve: (_: { readonly name: string | null }, { data }) => ({ name: data.name }),
    decide: ({ name }: SetName, state) => (name === state.name ? [] : [{ type: 'Named' as const, data: { name } }]),
  });

export const account = namedIn('account', { normalise: (name) => name.trim().toLowerCase() });

/** As a store of EventStoreDB: an append has one stream. */
export class OneStreamStore extends InMemoryEventStore {
  override readonly hasAppendAll = false as unknown as true;
  override appendAll(): never {
    throw new Error('this store cannot append to several streams');
  }
}

export const STORES = [
  { name: 'in one append', create: () => new InMemoryEventStore() },
  { name: 'in steps', create: () => new OneStreamStore() },
] as const;

/** A clock that stands still until the test moves it. */
export class MovedClock implements Runtime {
  ms = 0;
  readonly now = (): number => this.ms;
  readonly monotonic = (): number => this.ms;
  readonly sleep = (): Promise<void> => systemRuntime.sleep(0);
  readonly random = systemRuntime.random;
  readonly uuid = systemRuntime.uuid;
}

/** A process that works on the store. */
export const processOn = (store: CommandExecutorOptions['store'], runtime: Runtime = systemRuntime): CommandExecutor =>
  new CommandExecutor({ store, runtime, aggregates: [account] });

/** How a command ends: its code, or `taken` or `nothing` for one without a refusal. */
export const outcomeOf = async (answer: Promise<{ readonly events: readonly unknown[] }>): Promise<string> =>
  answer.then(
    ({ events }) => (events.length > 0 ? 'done' : 'nothing'),
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );

/** The accounts and names that the log says, one after the other: throws where two have one name at the same time. */
export const namesIn = async (store: Pick<EventReader, 'readAll'>): Promise<ReadonlyMap<string, string>> => {
  const names = new Map<string, string>();
  for await (const batch of store.readAll({ filter: { types: ['Named'] } })) {
    for (const { stream, data, position } of batch) {
      const { name } = data as NamedData;
      const value = name?.trim().toLowerCase();
      const other = [...names].find(([holder, held]) => held === value && holder !== stream);
      if (other) throw new Error(`at position ${position} ${stream} and ${other[0]} have ${JSON.stringify(value)}`);
      if (value === undefined) names.delete(stream);
      else names.set(stream, value);
    }
  }
  return names;
};

/** What new accounts are answered that want these names, once every abandoned claim has expired. */
export const answersInTheEnd = async (
  store: CommandExecutorOptions['store'],
  clock: MovedClock,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const last = processOn(store, clock);
  const answers = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const ask = (): Promise<string> => outcomeOf(last.execute(account, `last-${index}`, { name }));
    const first = await ask();
    clock.ms += CLAIM_EXPIRY_MS + 1;
    answers.set(name, first === 'done' ? first : await ask());
  }
  return answers;
};

/** What they should be: names that an account has are taken, and all others are free. */
export const dueAnswers = (held: ReadonlyMap<string, string>, names: readonly string[]): ReadonlyMap<string, string> => {
  const taken = new Set(held.values());
  return new Map(names.map((name) => [name, taken.has(name) ? 'UNIQUE_VALUE_TAKEN' : 'done']));
};
