// Given / when / then for aggregates: history in, command in, events or a refusal out.
import { CIRCUMSTANCES } from './circumstances.js';
import assert from 'node:assert/strict';
import { fold, type Aggregate } from '@mainstem/aggregate';
import { validateCommand } from '@mainstem/aggregate/host';
import { encodeJson, type DomainEvent, type MainstemError } from '@mainstem/event-store';

/** A class of errors, such as a refusal. */
export type ErrorClass = abstract new (...args: never[]) => MainstemError;

export interface When<Command, Event extends DomainEvent> {
  /** The command is validated by the rules of its class, as in the executor. */
  when(command: Command): Then<Event>;
}

export interface Then<Event extends DomainEvent> {
  /** The command leads to exactly these events, in this order, and their payloads obey their rules. */
  then(events: readonly Event[]): void;
  /** The command is refused by an error of this class. */
  thenRefuses(refusal: ErrorClass): void;
  /** The command is accepted and changes nothing. */
  thenNothing(): void;
}

/** `given(order, [placed]).when(cancel).then([cancelled])`. A sentence without its last part checks nothing. */
export const given = <State, Command, Event extends DomainEvent>(
  aggregate: Aggregate<State, Command, Event>,
  history: readonly Event[],
): When<Command, Event> => ({
  when: (command) => {
    for (const event of history) aggregate.events.validate(event);
    return new Decision(aggregate, () => {
      validateCommand(command, aggregate.commandRules);
      return aggregate.decide(command, fold(aggregate, aggregate.initialState, history), CIRCUMSTANCES);
    });
  },
});

class Decision<Event extends DomainEvent> implements Then<Event> {
  constructor(
    private readonly aggregate: Pick<Aggregate<unknown, never, Event>, 'events'>,
    private readonly decide: () => readonly Event[],
  ) {}

  // oxlint-disable-next-line unicorn/no-thenable -- the sentence reads given, when, then; a forgotten last part is caught below
  then(events: readonly Event[]): void {
    // An object with `then` looks like a promise: an `await` or a test runner calls this if the last part is missing.
    if (typeof events === 'function') throw new TypeError('finish the sentence: then([...]), thenRefuses(...) or thenNothing()');
    const decided = this.decide();
    assert.deepEqual(decided.map(plain), events.map(plain));
    for (const event of decided) this.aggregate.events.validate(event);
  }

  thenRefuses(refusal: ErrorClass): void {
    assert.throws(this.decide, (error) => {
      assert.ok(
        error instanceof refusal,
        `refused by ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}, not by ${refusal.name}`,
      );
      return true;
    });
  }

  thenNothing(): void {
    assert.deepEqual(this.decide(), []);
  }
}

/** The event as it would be read back: without classes and undefined properties. What cannot be stored fails. */
const plain = ({ type, data, ...others }: DomainEvent): unknown => {
  const lost = Object.entries(others).filter(([, value]) => value !== undefined);
  return { type, data: JSON.parse(encodeJson(data, `${type}.data`)) as unknown, ...Object.fromEntries(lost) };
};
