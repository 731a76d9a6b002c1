// Properties that hold for every aggregate, to be checked over many random series of commands.
import { CIRCUMSTANCES } from './circumstances.js';
import assert from 'node:assert/strict';
import { CommandExecutor, fold, isCommandRefused, type Aggregate } from '@mainstem/aggregate';
import { InMemoryEventStore, isMainstemError, type DomainEvent } from '@mainstem/event-store';
import type { ContractSuite } from '../contract-suite.js';

export interface AggregatePropertiesOptions<State, Command, Event extends DomainEvent> {
  readonly aggregate: Aggregate<State, Command, Event>;
  /**
   * Runs the check over many series of commands to one aggregate. With fast-check:
   * `(check) => fc.assert(fc.asyncProperty(fc.array(orderCommands), check))`.
   */
  readonly forAll: (check: (commands: readonly Command[]) => Promise<void>) => Promise<void> | void;
}

/** The standing properties of an aggregate. A series includes refused commands, which leave no event. */
export const aggregateProperties = <State, Command, Event extends DomainEvent>({
  aggregate,
  forAll,
}: AggregatePropertiesOptions<State, Command, Event>): ContractSuite => ({
  name: `${aggregate.category} keeps the properties of every aggregate`,
  cases: [
    { name: 'folds in parts to the same state as in one go', run: async () => forAll(async (commands) => foldsInParts(aggregate, commands)) },
    {
      name: 'decides the same a second time, and changes neither command nor state',
      run: async () => forAll(async (commands) => isPure(aggregate, commands)),
    },
    { name: 'decides only events that obey their rules', run: async () => forAll(async (commands) => decidesValidEvents(aggregate, commands)) },
    { name: 'appends nothing when a command is repeated', run: async () => forAll((commands) => repeatsAppendNothing(aggregate, commands)) },
  ],
});

const foldsInParts = <State, Command, Event extends DomainEvent>(aggregate: Aggregate<State, Command, Event>, commands: readonly Command[]): void => {
  const events = historyOf(aggregate, commands);
  const whole = fold(aggregate, aggregate.initialState, events);
  for (let cut = 0; cut <= events.length; cut++) {
    const prefix = fold(aggregate, aggregate.initialState, events.slice(0, cut));
    assert.deepEqual(fold(aggregate, prefix, events.slice(cut)), whole);
  }
};

const isPure = <State, Command, Event extends DomainEvent>(aggregate: Aggregate<State, Command, Event>, commands: readonly Command[]): void => {
  let state = deepFreeze(aggregate.initialState);
  for (const command of commands) {
    const decided = decideOrRefuse(aggregate, deepFreeze(command), state);
    assert.deepEqual(decideOrRefuse(aggregate, command, state), decided);
    for (const event of decided) state = deepFreeze(aggregate.evolve(state, deepFreeze(event)));
  }
};

const decidesValidEvents = <State, Command, Event extends DomainEvent>(
  aggregate: Aggregate<State, Command, Event>,
  commands: readonly Command[],
): void => {
  for (const event of historyOf(aggregate, commands)) aggregate.events.validate(event);
};

const repeatsAppendNothing = async <State, Command, Event extends DomainEvent>(
  aggregate: Aggregate<State, Command, Event>,
  commands: readonly Command[],
): Promise<void> => {
  const store = new InMemoryEventStore();
  // Without a cache every command folds the stored events, as after a restart.
  const executor = new CommandExecutor({ store, cache: { streamsMax: 0 } });
  const execute = (command: Command, index: number): Promise<unknown> =>
    executor.execute(aggregate, 'one', command, { commandId: `command-${index}` }).then(
      ({ events, nextRevision, position }) => (events.length > 0 ? { events, nextRevision, position } : undefined),
      (error: unknown) => {
        if (!isCommandRefused(error) && !isMainstemError(error, 'COMMAND_INVALID')) throw error;
      },
    );
  for (const [index, command] of commands.entries()) {
    const first = await execute(command, index);
    if (first === undefined) continue;
    const head = await store.head();
    assert.deepEqual(await execute(command, index), first);
    assert.equal(await store.head(), head);
  }
};

const historyOf = <State, Command, Event extends DomainEvent>(
  aggregate: Aggregate<State, Command, Event>,
  commands: readonly Command[],
): readonly Event[] => {
  const history: Event[] = [];
  let state = aggregate.initialState;
  for (const command of commands) {
    const events = decideOrRefuse(aggregate, command, state);
    state = fold(aggregate, state, events);
    history.push(...events);
  }
  return history;
};

const decideOrRefuse = <State, Command, Event extends DomainEvent>(
  aggregate: Aggregate<State, Command, Event>,
  command: Command,
  state: State,
): readonly Event[] => {
  try {
    return aggregate.decide(command, state, CIRCUMSTANCES);
  } catch (error) {
    if (isCommandRefused(error)) return [];
    throw error;
  }
};

const deepFreeze = <Value>(value: Value): Value => {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
};
