// Ids that several categories share: at most one of them has a stream of an id.
import { InMemoryEventStore } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import type { UniqueIdRule } from '../aggregate/unique-rule.js';
import { CommandRefused } from '../errors.js';
import { AppendTurns } from './append-turn.js';
import { CommandExecutor, type CommandExecutorOptions } from './command-executor.js';
import { account, namedIn, outcomeOf, STORES } from './unique-claims.fixtures.js';

class IdTaken extends CommandRefused {
  constructor(
    readonly id: string,
    readonly holder: string,
  ) {
    super('ID_TAKEN', `${id} belongs to ${holder}`);
  }
}

const sharing = (category: string, uniqueId: UniqueIdRule) => ({ ...namedIn(category), unique: undefined, uniqueId });
const refusal = (id: string, holder: string): CommandRefused => new IdTaken(id, holder);
const person = sharing('person', { among: () => ['firm'], refusal });
const firm = sharing('firm', { among: (id) => (id.startsWith('p') ? [] : ['person']) });
const NAME = { name: 'Ada' };

describe.each(STORES)('an id that categories share, $name', ({ create }) => {
  it('belongs to the first that begins, of two that begin at the same time', async () => {
    const store = create();
    const executor = new CommandExecutor({ store, aggregates: [person, firm] });
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const [one, other] = index % 2 === 0 ? [person, firm] : [firm, person];
        return Promise.all([one, other].map((aggregate) => outcomeOf(executor.execute(aggregate, `${index}`, NAME))));
      }),
    );
    for (const [index, [first, second]] of outcomes.entries()) {
      expect(first).toBe('done');
      expect(second).toBe(index % 2 === 0 ? 'UNIQUE_VALUE_TAKEN' : 'ID_TAKEN');
    }
    expect(await store.head()).toBe(100n);
  });

  it('is refused with the stream that has it', async () => {
    const executor = new CommandExecutor({ store: create(), aggregates: [person, firm] });
    await executor.execute(firm, '1', NAME);
    await expect(executor.execute(person, '1', NAME)).rejects.toMatchObject({ code: 'ID_TAKEN', id: '1', holder: 'firm-1' });
  });

  it('is free where the rule names no other category', async () => {
    const executor = new CommandExecutor({ store: create(), aggregates: [person, firm] });
    await executor.execute(person, 'p1', NAME);
    expect(await outcomeOf(executor.execute(firm, 'p1', NAME))).toBe('done');
  });

  it('leaves a command that is sent again as it was answered, also by another process', async () => {
    const store = create();
    const context = { commandId: 'begin' };
    const first = await new CommandExecutor({ store }).execute(person, '1', NAME, context);
    expect(await new CommandExecutor({ store }).execute(person, '1', NAME, context)).toEqual({ ...first, isRepeat: true });
  });

  it('may be ruled by a list of all categories that share it, each as often as it occurs', async () => {
    const all: UniqueIdRule = { among: () => ['person', 'firm', 'firm', 'person'] };
    const executor = new CommandExecutor({ store: create(), aggregates: [person, firm] });
    expect(await outcomeOf(executor.execute(sharing('person', all), '1', NAME))).toBe('done');
    await executor.execute(firm, '2', NAME);
    expect(await outcomeOf(executor.execute(sharing('person', all), '2', NAME))).toBe('UNIQUE_VALUE_TAKEN');
  });

  it.each([undefined, 'firm', [1], Promise.resolve(['firm'])])('is not decided by a rule that gives %s', async (given) => {
    const store = create();
    const wrong = sharing('person', { among: () => given as never });
    const answer = new CommandExecutor({ store }).execute(wrong, '1', NAME);
    await expect(answer).rejects.toMatchObject({ code: 'AGGREGATE_INVALID_DEFINITION', message: expect.stringContaining('among') as string });
    expect(await store.head()).toBeUndefined();
  });

  it.each([undefined, 'taken', Promise.resolve()])('is refused by default where the refusal of its rule is %s', async (given) => {
    const strange = sharing('person', { among: () => ['firm'], refusal: () => given as never });
    const executor = new CommandExecutor({ store: create(), aggregates: [person, firm] });
    await executor.execute(firm, '1', NAME);
    expect(await outcomeOf(executor.execute(strange, '1', NAME))).toBe('UNIQUE_VALUE_TAKEN');
  });

  it('is wanted by an aggregate with unique values, too: both or none', async () => {
    const store = create();
    const both = { ...account, uniqueId: { among: () => ['firm'] } };
    const executor = new CommandExecutor({ store, aggregates: [both, firm] });
    await executor.execute(firm, '1', NAME);
    expect(await outcomeOf(executor.execute(both, '1', NAME))).toBe('UNIQUE_VALUE_TAKEN');
    expect(await outcomeOf(executor.execute(both, '2', NAME))).toBe('done');
    expect(await outcomeOf(executor.execute(both, '3', NAME))).toBe('UNIQUE_VALUE_TAKEN');
  });
});

describe('an id that categories share', () => {
  it('belongs to one of two processes that begin at the same moment, where the store appends to several streams', async () => {
    const store = new InMemoryEventStore();
    const processes = [person, firm].map((aggregate) => ({ aggregate, executor: new CommandExecutor({ store, aggregates: [person, firm] }) }));
    for (let index = 0; index < 50; index++) {
      const outcomes = await Promise.all(processes.map(({ aggregate, executor }) => outcomeOf(executor.execute(aggregate, `${index}`, NAME))));
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    }
  });

  it('is refused to each command that would begin with it', async () => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store, aggregates: [person, firm] });
    await executor.execute(firm, '1', NAME);
    const outcomes = await Promise.all([1, 2, 3].map((index) => outcomeOf(executor.execute(person, '1', { name: `${index}` }))));
    expect(outcomes).toEqual(['ID_TAKEN', 'ID_TAKEN', 'ID_TAKEN']);
    expect(await outcomeOf(executor.execute(person, '2', NAME))).toBe('done');
  });

  it('keeps the order of turns on a store whose two calls have no common order', async () => {
    const store = new InMemoryEventStore();
    const slow: CommandExecutorOptions['store'] = {
      hasAppendAll: true,
      hasDensePositions: true,
      readStream: (...given) => store.readStream(...given),
      append: (...given) => store.append(...given),
      appendAll: async (...given) => {
        await new Promise((resolve) => setImmediate(resolve));
        return store.appendAll(...given);
      },
    };
    const executor = new CommandExecutor({ store: slow, aggregates: [person, firm] });
    await executor.execute(person, 'old', NAME);
    const turns = new AppendTurns();
    const sent = Array.from({ length: 60 }, async (_, index) => {
      const appendTurn = turns.take();
      const id = index % 3 === 0 ? 'old' : `${index}`;
      await executor.execute(person, id, { name: `${index}` }, { commandId: `${index}`, appendTurn });
    });
    await Promise.all(sent);
    const order: (string | undefined)[] = [];
    for await (const events of store.readAll()) order.push(...events.map(({ metadata }) => metadata.commandId));
    expect(order.slice(1)).toEqual(Array.from({ length: 60 }, (_, index) => `${index}`));
  });

  it('costs an aggregate nothing that has begun', async () => {
    const store = new InMemoryEventStore();
    const calls: string[] = [];
    const watched: CommandExecutorOptions['store'] = {
      hasAppendAll: true,
      readStream: (...given) => store.readStream(...given),
      append: async (...given) => {
        calls.push('append');
        return store.append(...given);
      },
      appendAll: async (...given) => {
        calls.push('appendAll');
        return store.appendAll(...given);
      },
    };
    const executor = new CommandExecutor({ store: watched, aggregates: [person, firm] });
    for (const name of ['a', 'b', 'c']) await executor.execute(person, '1', { name });
    expect(calls).toEqual(['appendAll', 'append', 'append']);
  });
});
