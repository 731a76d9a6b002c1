// Two aggregates never write one stream.
import { defineEvents, InMemoryEventStore, isMainstemError } from '@mainstem/event-store';
import { describe, expect, it } from 'vitest';
import { defineAggregate } from '../aggregate/aggregate.js';
import { CommandExecutor } from './command-executor.js';

class Put {}
const aggregateOf = (category: string) =>
  defineAggregate({
    category,
    events: defineEvents(category, { Put }),
    initialState: {},
    evolve: (state: object) => state,
    decide: (_: Put) => [{ type: 'Put' as const, data: new Put() }],
  });
const [order, line, ledger] = ['order', 'order-line', 'orders'].map(aggregateOf) as [
  ReturnType<typeof aggregateOf>,
  ReturnType<typeof aggregateOf>,
  ReturnType<typeof aggregateOf>,
];
const ambiguous = expect.objectContaining({ code: 'EVENT_STORE_AMBIGUOUS_CATEGORY' });

describe('an executor', () => {
  it.each([
    ['either order', [order, line]],
    ['the other order', [line, order]],
  ])('refuses two aggregates that could write one stream, in %s', (_, aggregates) => {
    expect(() => new CommandExecutor({ store: new InMemoryEventStore(), aggregates })).toThrow(ambiguous);
  });

  it('accepts categories that begin with the same letters', () => {
    expect(() => new CommandExecutor({ store: new InMemoryEventStore(), aggregates: [order, ledger, order] })).not.toThrow();
  });

  it('refuses a command for an undeclared second one, and appends nothing', async () => {
    const store = new InMemoryEventStore();
    const executor = new CommandExecutor({ store });
    await executor.execute(line, '1', new Put());
    const before = await store.head();
    const refused = await executor.execute(order, 'line-1', new Put()).catch((error: unknown) => error);
    expect(isMainstemError(refused, 'EVENT_STORE_AMBIGUOUS_CATEGORY')).toBe(true);
    expect(await store.head()).toBe(before);
    await executor.execute(line, '1', new Put());
    await executor.execute(ledger, '1', new Put());
  });
});
