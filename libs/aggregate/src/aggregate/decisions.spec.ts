// One decision a command class: typed from the classes, and refused by name where they do not fit.
import { defineEvents, InMemoryEventStore, type EventOf } from '@mainstem/event-store';
import { Length } from 'class-validator';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { CommandExecutor } from '../command/command-executor.js';
import { CommandRefused } from '../errors.js';
import { defineAggregate, type Aggregate } from './aggregate.js';

class GuestBooked {
  @Length(1, 80) guest!: string;
}
class BookingCancelled {
  @Length(1, 80) guest!: string;
}
const events = defineEvents('workshop', { GuestBooked, BookingCancelled });
type WorkshopEvent = EventOf<typeof events>;

class BookGuest {
  @Length(1, 80) guest!: string;
}
class CancelBooking {
  @Length(1, 80) guest!: string;
}
class BookLate extends BookGuest {}
class CloseWorkshop {}
class WorkshopFull extends CommandRefused {
  constructor() {
    super('WORKSHOP_FULL', 'Both seats are taken.');
  }
}

type Guests = readonly string[];
const base = {
  category: 'workshop',
  events,
  initialState: [] as Guests,
  evolve: (guests: Guests, { type, data }: WorkshopEvent): Guests =>
    type === 'GuestBooked' ? [...guests, data.guest] : guests.filter((guest) => guest !== data.guest),
};
const workshop = defineAggregate({
  ...base,
  commands: { BookGuest, CancelBooking },
  decide: {
    BookGuest: ({ guest }, guests) => {
      if (guests.length > 1) throw new WorkshopFull();
      return [{ type: 'GuestBooked', data: { guest } }];
    },
    CancelBooking: ({ guest }, guests, { now }) => (guests.includes(guest) && now !== '' ? [{ type: 'BookingCancelled', data: { guest } }] : []),
  },
});

const of = <Command extends object>(commandClass: new () => Command, guest: string): Command => Object.assign(new commandClass(), { guest });
const executing = async (...commands: readonly (BookGuest | CancelBooking)[]): Promise<readonly WorkshopEvent[]> => {
  const executor = new CommandExecutor({ store: new InMemoryEventStore() });
  const all: WorkshopEvent[] = [];
  for (const command of commands) all.push(...(await executor.execute(workshop, 'bread', command)).events);
  return all;
};

describe('one decision a command class', () => {
  it('answers the commands of its class', async () => {
    expect(await executing(of(BookGuest, 'Ada'), of(CancelBooking, 'Ada'), of(CancelBooking, 'Ada'))).toEqual([
      { type: 'GuestBooked', data: { guest: 'Ada' } },
      { type: 'BookingCancelled', data: { guest: 'Ada' } },
    ]);
    await expect(executing(of(BookGuest, 'a'), of(BookGuest, 'b'), of(BookGuest, 'c'))).rejects.toThrow(WorkshopFull);
  });

  it('answers the commands of a class below its own', async () => {
    expect(await executing(of(BookLate, 'Ada'))).toEqual([{ type: 'GuestBooked', data: { guest: 'Ada' } }]);
  });

  it('may be one function for all of them, and the classes are known all the same', () => {
    const single = defineAggregate({
      ...base,
      commands: { BookGuest },
      decide: ({ guest }: BookGuest) => [{ type: 'GuestBooked', data: { guest } }],
    });
    expect(single.commands).toEqual({ BookGuest });
    expectTypeOf(single).toExtend<Aggregate<Guests, BookGuest, WorkshopEvent>>();
  });

  it.each([
    [new CloseWorkshop(), 'CloseWorkshop'],
    [{ guest: 'Ada' }, 'an object without a class'],
    [Object.assign(Object.create(null) as object, { guest: 'Ada' }), 'an object without a class'],
    [JSON.parse('{"guest":"Ada","constructor":{"name":"BookGuest"}}') as object, 'an object without a class'],
  ])('refuses other commands, and names those that it knows: %o', (command, named) => {
    expect(() => workshop.decide(command as BookGuest, [])).toThrow(
      expect.objectContaining({
        code: 'COMMAND_UNKNOWN',
        message: `Aggregate workshop has no decision for ${named}; it decides BookGuest, CancelBooking.`,
      }),
    );
  });

  it.each([
    ['a missing one', { BookGuest, CancelBooking }, { BookGuest: () => [] }, 'decide has no function for its command CancelBooking'],
    ['a superfluous one', { BookGuest }, { BookGuest: () => [], Cancel: () => [] }, 'it decides Cancel, which is none of its commands BookGuest'],
    ['an inherited one', { toString: BookGuest }, {}, 'decide has no function for its command toString'],
    ['no commands', undefined, { BookGuest: () => [] }, 'decide must be a function, or with commands'],
    ['an empty list', {}, {}, 'commands must be an object of command classes'],
    ['what is no class', { BookGuest: 'BookGuest' }, { BookGuest: () => [] }, 'BookGuest of its commands is no class'],
    ['one class twice', { BookGuest, Book: BookGuest }, {}, 'its commands BookGuest and Book are one class'],
  ])('is refused at the definition: %s', (_, commands, decide, problem) => {
    expect(() => defineAggregate({ ...base, commands, decide } as never)).toThrow(
      expect.objectContaining({ code: 'AGGREGATE_INVALID_DEFINITION', message: expect.stringContaining(problem) as string }),
    );
  });

  it('does not compile if one is missing, superfluous or returns another event', () => {
    const define = (): void => {
      // @ts-expect-error CancelBooking has no decision
      defineAggregate({ ...base, commands: { BookGuest, CancelBooking }, decide: { BookGuest: () => [] } });
      // @ts-expect-error CancelBooking is none of the commands
      defineAggregate({ ...base, commands: { BookGuest }, decide: { BookGuest: () => [], CancelBooking: () => [] } });
      // @ts-expect-error the category has no such event
      defineAggregate({ ...base, commands: { BookGuest }, decide: { BookGuest: () => [{ type: 'GuestSold', data: { guest: '' } }] } });
      // @ts-expect-error the command has no such field
      defineAggregate({ ...base, commands: { BookGuest }, decide: { BookGuest: ({ rows }) => [{ type: 'GuestBooked', data: { guest: rows } }] } });
    };
    expect(define).toThrow();
    expectTypeOf(workshop).toExtend<Aggregate<Guests, BookGuest | CancelBooking, WorkshopEvent>>();
  });
});
